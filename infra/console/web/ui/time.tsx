// Times with their zone, and how long ago they were.
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const whole = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  timeZoneName: 'short'
})
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  timeZoneName: 'short'
})

/** The hour of today, with the day before that; the whole of it in UTC as a title. */
export function Time({ at, isWhole = false }: { readonly at: string | number; readonly isWhole?: boolean }) {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>
  const isToday = date.toDateString() === new Date().toDateString()
  return (
    <time class="time" dateTime={date.toISOString()} title={`${date.toISOString()} (shown in ${zone})`}>
      {(isWhole || !isToday ? whole : clock).format(date)}
    </time>
  )
}

export function Ago({ at }: { readonly at: string | number }) {
  const date = new Date(at)
  return (
    <time class="time" dateTime={date.toISOString()} title={whole.format(date)}>
      {duration(Date.now() - date.getTime())} ago
    </time>
  )
}

/** 850 ms, 12.3 s, 4 min, 3 h, 2 d */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms * 10) / 10)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
