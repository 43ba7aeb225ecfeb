// Times as java.time's OffsetDateTime reads and writes them, which is what Knative's CloudEvents SDK does:
// `2026-01-02T03:04:05.000Z` comes out as `2026-01-02T03:04:05Z`.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html#ISO_OFFSET_DATE_TIME
//
// java.time's years go to ±999,999,999 and Date's only to ±270,000, but the calendar repeats every 400 years.

const pattern =
  /^(-?\d{4}|[+-]\d{5,9})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(Z|[+-]\d\d(?::\d\d(?::\d\d)?)?)$/i

const YEARS_OF_CYCLE = 400
const DAYS_OF_CYCLE = 146_097
const MS_OF_DAY = 86_400_000

/** The normalised time, or undefined when it is not one. */
export function normaliseTime(text: string): string | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', fraction = '', offset = ''] = match
  if (year === '-0000' || !isDate(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const normalOffset = normaliseOffset(offset)
  if (normalOffset === undefined) return undefined
  return `${yearText(Number(year))}-${month}-${day}T${hour}:${minute}:${second}${trimmedFraction(fraction)}${normalOffset}`
}

/** A Kafka record's timestamp in UTC: any 64-bit number is one. */
export function timeOfRecord(timestampMs: bigint): string {
  const msOfDay = Number(((timestampMs % BigInt(MS_OF_DAY)) + BigInt(MS_OF_DAY)) % BigInt(MS_OF_DAY))
  const days = Number((timestampMs - BigInt(msOfDay)) / BigInt(MS_OF_DAY))
  const cycles = Math.floor(days / DAYS_OF_CYCLE)
  const inFirstCycle = new Date((days - cycles * DAYS_OF_CYCLE) * MS_OF_DAY + msOfDay)
  return `${dateAndTime(inFirstCycle, cycles)}${trimmedFraction(String(msOfDay % 1000).padStart(3, '0'))}Z`
}

/** A normalised time as java.time's ISO_INSTANT: in UTC, the fraction in groups of three digits. */
export function timeAsInstant(normalised: string): string {
  const [, yearAsText, month, day, hour, minute, second, fraction = '', offset = ''] = pattern.exec(normalised) ?? []
  const year = Number(yearAsText)
  // From 2000 on, where Date.UTC takes a year as it is.
  const cycles = Math.floor(year / YEARS_OF_CYCLE) - 5
  const local = Date.UTC(
    year - cycles * YEARS_OF_CYCLE,
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second)
  )
  const [hours = 0, minutes = 0, seconds = 0] = offset === 'Z' ? [] : offset.slice(1).split(':').map(Number)
  const offsetMs = (hours * 3600 + minutes * 60 + seconds) * (offset.startsWith('-') ? -1000 : 1000)
  return `${dateAndTime(new Date(local - offsetMs), cycles)}${fraction === '' ? '' : `.${inGroupsOfThree(fraction)}`}Z`
}

/** A normalised time as OffsetDateTime.toString: no seconds when there are none, the fraction in groups of three digits. */
export function timeAsText(normalised: string): string {
  return normalised
    .replace(/(?<=T\d\d:\d\d):00(?=Z|[+-])/, '')
    .replace(/\.(\d+)/, (_, fraction: string) => `.${inGroupsOfThree(fraction)}`)
}

/** `2026-01-02T03:04:05`, so many cycles of 400 years after `date`. */
function dateAndTime(date: Date, cycles: number): string {
  // Without the year, which has four digits here, and the fraction.
  return `${yearText(date.getUTCFullYear() + cycles * YEARS_OF_CYCLE)}${date.toISOString().slice(4, -5)}`
}

/** Four digits at least, and a sign when there are more. */
function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0')
  return year < 0 ? `-${digits}` : digits.length > 4 ? `+${digits}` : digits
}

function trimmedFraction(digits: string): string {
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : `.${trimmed}`
}

function inGroupsOfThree(fraction: string): string {
  return fraction.padEnd(Math.ceil(fraction.length / 3) * 3, '0')
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return day <= days
}

function normaliseOffset(offset: string): string | undefined {
  if (offset === 'Z' || offset === 'z') return 'Z'
  const [hours = '', minutes = '00', seconds = '00'] = offset.slice(1).split(':')
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  if (total > 18 * 3600) return undefined
  if (total === 0) return 'Z'
  return `${offset[0]}${hours}:${minutes}${seconds === '00' ? '' : `:${seconds}`}`
}
