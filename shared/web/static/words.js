// Times in words, exactly as the server words them (shared/web/wording.py).
const MINUTE = 60 * 1000

function count (number, unit) {
  return number ? `${number} ${unit}${number === 1 ? '' : 's'}` : ''
}

export function spanWords (milliseconds) {
  const minutes = Math.floor(milliseconds / MINUTE)
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor(minutes / 60) % 24
  const words = days
    ? [count(days, 'day'), count(hours, 'hour')]
    : [count(hours, 'hour'), count(minutes % 60, 'minute')]
  return words.filter(Boolean).join(' ') || 'less than a minute'
}

export function dueWords (due, now) {
  if (due < now) return `Overdue by ${spanWords(now - due)}`
  const words = `${spanWords(due - now)} left`
  return words.charAt(0).toUpperCase() + words.slice(1)
}
