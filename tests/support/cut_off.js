// What is meant to be read or used must lie within the window and within every box that clips.
() => {
  const faults = []
  const main = document.querySelector('main')
  const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
  if (!main || !shown(main)) return ['the main content is not visible']
  const wanted = main.querySelectorAll(
    'h1, h2, h3, p, li, table, caption, tbody, tr, td, th, dl, form, label, legend, input, select, ' +
    'textarea, button, a, time, .moj-timeline__item, .govuk-summary-list__row'
  )
  const meant = [...wanted].filter((n) => !n.closest('.govuk-visually-hidden, thead, [hidden]'))
  const closed = (n) => n.closest('details:not([open]), .moj-js-hidden, .govuk-tabs__panel--hidden')
  const hint = (n) => n.matches('.govuk-radios__input, .govuk-checkboxes__input, [type=hidden]')
  for (const node of meant) {
    if (closed(node) || hint(node)) continue
    const box = node.getBoundingClientRect()
    const words = node.textContent.replace(/\s+/g, ' ').trim()
    const name = `${node.tagName.toLowerCase()} "${words.slice(0, 40)}"`
    if (!shown(node) || box.width < 1 || box.height < 1) {
      if (node.textContent.trim() && !node.closest('[class*=conditional--hidden]')) {
        faults.push(name + ' cannot be seen')
      }
      continue
    }
    if (words.length > 8 && box.width < 40 && box.height > 3 * box.width) faults.push(name + ' is squeezed')
    if (box.left < -1 || box.right > window.innerWidth + 1) faults.push(name + ' leaves the window')
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === 'visible') continue
      const edge = up.getBoundingClientRect()
      if (box.right > edge.right + 1 || box.left < edge.left - 1) {
        faults.push(name + ' is cut off by ' + up.tagName.toLowerCase() + '.' + up.className)
        break
      }
    }
  }
  if (!main.querySelector('h1') || !shown(main.querySelector('h1'))) faults.push('no h1 to be seen')
  return faults
}
