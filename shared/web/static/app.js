// Small comforts on top of pages that work without any of this.
import { initAll } from './vendor/govuk-frontend/govuk-frontend.min.js'
import { FilterToggleButton, initAll as initMoj } from './vendor/moj-frontend/moj-frontend.min.js'
import { dueWords } from './words.js'

initAll()
initMoj()

// On the filter itself: attached to the layout around it, it would hide the results.
document.querySelectorAll('.moj-filter').forEach(($filter) => {
  const toggle = new FilterToggleButton($filter, { startHidden: false })
  // On a phone the filter is closed: an error's link opens it before it leads to the question.
  document.querySelectorAll('.govuk-error-summary a').forEach(($link) => {
    const $question = document.getElementById($link.hash.slice(1))
    if ($filter.contains($question)) {
      $link.addEventListener('click', () => toggle.showMenu())
    }
  })
})

// The server's clock, not the reader's: a demonstration runs on a clock of its own.
const ahead = Date.parse(document.body.dataset.now) - Date.now()
const MINUTE = 60 * 1000

function repaint () {
  const now = Date.now() + ahead
  document.querySelectorAll('time[data-due]').forEach(($time) => {
    const due = Date.parse($time.getAttribute('datetime'))
    $time.textContent = dueWords(due, now)
    $time.classList.toggle('app-due--overdue', due < now)
    $time.classList.toggle('app-due--left', due >= now)
  })
}

setInterval(repaint, MINUTE)

// A double click sends once. The server would answer both the same: this spares the waiting.
document.querySelectorAll('form[method="post"]').forEach(($form) => {
  $form.addEventListener('submit', (event) => {
    if ($form.dataset.sent) {
      event.preventDefault()
      return
    }
    $form.dataset.sent = 'yes'
  })
})

// Coming back with the browser's back button must find the form ready to send again.
window.addEventListener('pageshow', () => {
  document.querySelectorAll('form[data-sent]').forEach(($form) => delete $form.dataset.sent)
})
