// Times as java.time's OffsetDateTime reads and writes them, which is what Knative's CloudEvents SDK does:
// `2026-01-02T03:04:05.000Z` comes out as `2026-01-02T03:04:05Z`.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html#ISO_OFFSET_DATE_TIME

const pattern =
  /^(-?\d{4}|[+-]\d{5,9})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)$/i

/** The normalised time, or undefined when it is not one. */
export function normaliseTime(text: string): string | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', fraction = '', offset = ''] = match
  if (!isDate(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const normalOffset = normaliseOffset(offset)
  if (normalOffset === undefined) return undefined
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${trimmedFraction(fraction)}${normalOffset}`
}

/** A Kafka record's timestamp in UTC. */
export function timeOfRecord(timestampMs: number): string {
  const iso = new Date(timestampMs).toISOString()
  return `${iso.slice(0, -5)}${trimmedFraction(iso.slice(-4, -1))}Z`
}

/** A normalised time as java.time's ISO_INSTANT: in UTC, the fraction in groups of three digits. */
export function timeAsInstant(normalised: string): string {
  const [, local = '', fraction = '', offset = ''] = /^(.{17,}?\d\d)(?:\.(\d+))?(Z|[+-][\d:]+)$/.exec(normalised) ?? []
  const [hours = 0, minutes = 0, seconds = 0] = offset === 'Z' ? [] : offset.slice(1).split(':').map(Number)
  const offsetMs = (hours * 3600 + minutes * 60 + seconds) * (offset.startsWith('-') ? -1000 : 1000)
  const utc = new Date(Date.parse(`${local}Z`) - offsetMs).toISOString().slice(0, -5)
  return `${utc}${fraction === '' ? '' : `.${fraction.padEnd(Math.ceil(fraction.length / 3) * 3, '0')}`}Z`
}

/** A normalised time as OffsetDateTime.toString: no seconds when there are none, the fraction in groups of three digits. */
export function timeAsText(normalised: string): string {
  return normalised
    .replace(/(?<=T\d\d:\d\d):00(?=Z|[+-])/, '')
    .replace(/\.(\d+)/, (_, fraction: string) => `.${fraction.padEnd(Math.ceil(fraction.length / 3) * 3, '0')}`)
}

function trimmedFraction(digits: string): string {
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : `.${trimmed}`
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return day <= days
}

function normaliseOffset(offset: string): string | undefined {
  if (offset === 'Z' || offset === 'z') return 'Z'
  const digits = offset.slice(1).replaceAll(':', '')
  const hours = digits.slice(0, 2)
  const minutes = digits.slice(2, 4) || '00'
  const seconds = digits.slice(4, 6) || '00'
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined
  if (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) > 18 * 3600) return undefined
  if (Number(digits) === 0) return 'Z'
  return `${offset[0]}${hours}:${minutes}${seconds === '00' ? '' : `:${seconds}`}`
}
