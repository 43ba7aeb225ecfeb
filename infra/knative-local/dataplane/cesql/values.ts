// Values of CESQL and how one type becomes another. A failed cast gives the default of its type, as everything that fails in CESQL.
export type Value = string | number | boolean

export type Type = 'string' | 'integer' | 'boolean'

export interface Result {
  readonly value: Value
  /** The value is that of an attribute the event does not have: comparisons and arithmetic then give their default. */
  readonly missing?: boolean
}

const INTEGER = /^[+-]?\d+$/
const MAX_INTEGER = 2 ** 31 - 1
const MIN_INTEGER = -(2 ** 31)

export function typeOf(value: Value): Type {
  return typeof value === 'number' ? 'integer' : typeof value === 'boolean' ? 'boolean' : 'string'
}

/** A 32-bit integer written in decimal, or undefined. */
export function parseInteger(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined
  const value = Number(text)
  return value > MAX_INTEGER || value < MIN_INTEGER ? undefined : value
}

export function parseBoolean(text: string): boolean | undefined {
  const lowerCase = text.toLowerCase()
  return lowerCase === 'true' ? true : lowerCase === 'false' ? false : undefined
}

export function toText(value: Value): string {
  return String(value)
}

export function toInteger(value: Value): number {
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'number' ? value : (parseInteger(value) ?? 0)
}

export function toBoolean(value: Value): boolean {
  if (typeof value === 'number') return value !== 0
  return typeof value === 'boolean' ? value : (parseBoolean(value) ?? false)
}

export function castTo(type: Type, value: Value): Value {
  if (type === 'string') return toText(value)
  return type === 'integer' ? toInteger(value) : toBoolean(value)
}
