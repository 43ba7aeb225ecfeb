// ISO 8601 durations exactly as Knative's Kafka control plane reads them: the rickb777/date library, version 1.14, without
// normalisation. https://github.com/rickb777/date/blob/v1.14.1/period/parse.go
//
// Traps that follow from it: one decimal is kept (PT0.25S is 200 ms, PT0.05S is 0), and no number may exceed 3276.7
// (PT3600S overflows although the webhook takes it; PT1H does not).

export type ParsedDuration =
  | { readonly ms: number }
  /** The webhook refuses it. */
  | { readonly refused: string }
  /** The webhook takes it, the controller then fails. */
  | { readonly overflow: string }

type Designator = 'Y' | 'Mo' | 'W' | 'D' | 'H' | 'Mi' | 'S'

/** Years and months are those of the mean Gregorian year of 365.2425 days. */
const unitMs: Record<Designator, number> = {
  Y: 31_556_952_000,
  Mo: 2_629_746_000,
  W: 604_800_000,
  D: 86_400_000,
  H: 3_600_000,
  Mi: 60_000,
  S: 1_000
}

/** Tenths are kept in a signed 16-bit number. */
const maxTenths = 32_767

export function parseDuration(text: string): ParsedDuration {
  const body = /^[+-]?P(.*)$/s.exec(text)?.[1]
  if (body === undefined) return { refused: 'it must start with P' }
  if (body === '0') return { ms: 0 }
  const tenths = new Map<Designator, number>()
  let inTime = false
  let fractionSeen = false
  let rest = body
  while (rest !== '') {
    if (rest.startsWith('T')) {
      if (inTime) return { refused: 'T may occur only once' }
      inTime = true
      rest = rest.slice(1)
      continue
    }
    const field = /^(\d+)(?:([.,])([\d.,]*))?([YMWDHS])/.exec(rest)
    if (field === null)
      return { refused: `a number with one of the letters Y, M, W, D, H, M, S is expected at "${rest}"` }
    const [matched, integer = '', point = '', decimals = '', letter = ''] = field
    const designator: Designator = letter === 'M' ? (inTime ? 'Mi' : 'Mo') : (letter as Designator)
    if (inTime !== (designator === 'H' || designator === 'Mi' || designator === 'S')) {
      return { refused: `${letter} stands on the wrong side of the T` }
    }
    if (tenths.has(designator)) return { refused: `${letter} may occur only once` }
    if (/^[.,]/.test(decimals) || (point === ',' && decimals.includes('.')))
      return { refused: `"${matched}" is not a number` }
    const fraction = Number(decimals.slice(0, 1))
    if (fraction !== 0 && fractionSeen) return { refused: 'only the last number may have a fraction' }
    fractionSeen = fraction !== 0
    tenths.set(designator, Number(integer) * 10 + fraction)
    rest = rest.slice(matched.length)
  }
  if (tenths.size === 0) return { refused: 'no number with a unit is given' }

  let ms = 0
  for (const [designator, value] of tenths) ms += (value * unitMs[designator]) / 10
  const days = (tenths.get('D') ?? 0) + 7 * (tenths.get('W') ?? 0)
  if (days > maxTenths || [...tenths].some(([designator, value]) => designator !== 'W' && value > maxTenths)) {
    return { overflow: writeDuration(ms) }
  }
  return { ms: Math.trunc(ms) }
}

/** The duration that was probably meant by `3s`, `500ms` or `2m`. */
export function meantDuration(text: string): string | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text.toLowerCase())
  if (match === null) return undefined
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 's'] ?? 1_000
  return writeDuration(Number(match[1]) * factor)
}

function writeDuration(ms: number): string {
  for (const [letter, unit] of [
    ['H', 3_600_000],
    ['M', 60_000]
  ] as const) {
    if (ms > 0 && ms % unit === 0) return `PT${ms / unit}${letter}`
  }
  return `PT${ms / 1_000}S`
}
