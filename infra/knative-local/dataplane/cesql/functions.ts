// The functions of CESQL. https://github.com/cloudevents/spec/blob/main/cesql/spec.md#35-built-in-functions
import { parseBoolean, parseInteger, toBoolean, toInteger, toText, type Value } from './values.ts'

const SPACE = 0x20

export interface CesqlFunction {
  readonly minArguments: number
  readonly maxArguments: number
  readonly call: (values: readonly Value[]) => Value
}

export const functions: ReadonlyMap<string, CesqlFunction> = new Map([
  ['ABS', { minArguments: 1, maxArguments: 1, call: ([value = 0]) => absolute(toInteger(value)) }],
  ['INT', { minArguments: 1, maxArguments: 1, call: ([value = 0]) => toInteger(value) }],
  ['BOOL', { minArguments: 1, maxArguments: 1, call: ([value = 0]) => toBoolean(value) }],
  ['STRING', { minArguments: 1, maxArguments: 1, call: ([value = '']) => toText(value) }],
  ['IS_INT', { minArguments: 1, maxArguments: 1, call: ([value = '']) => parseInteger(toText(value)) !== undefined }],
  ['IS_BOOL', { minArguments: 1, maxArguments: 1, call: ([value = '']) => parseBoolean(toText(value)) !== undefined }],
  ['LENGTH', { minArguments: 1, maxArguments: 1, call: ([value = '']) => toText(value).length }],
  ['LOWER', { minArguments: 1, maxArguments: 1, call: ([value = '']) => toText(value).toLowerCase() }],
  ['UPPER', { minArguments: 1, maxArguments: 1, call: ([value = '']) => toText(value).toUpperCase() }],
  ['TRIM', { minArguments: 1, maxArguments: 1, call: ([value = '']) => trim(toText(value)) }],
  ['CONCAT', { minArguments: 0, maxArguments: Infinity, call: values => values.map(toText).join('') }],
  [
    'CONCAT_WS',
    {
      minArguments: 1,
      maxArguments: Infinity,
      call: ([separator = '', ...values]) => values.map(toText).join(toText(separator))
    }
  ],
  [
    'LEFT',
    { minArguments: 2, maxArguments: 2, call: ([text = '', length = 0]) => left(toText(text), toInteger(length)) }
  ],
  [
    'RIGHT',
    { minArguments: 2, maxArguments: 2, call: ([text = '', length = 0]) => right(toText(text), toInteger(length)) }
  ],
  [
    'SUBSTRING',
    {
      minArguments: 2,
      maxArguments: 3,
      call: ([text = '', position = 0, length]) =>
        substring(toText(text), toInteger(position), length === undefined ? Infinity : toInteger(length))
    }
  ]
])

function absolute(value: number): number {
  return Math.min(Math.abs(value), 2 ** 31 - 1)
}

function left(text: string, length: number): string {
  return length < 0 ? text : text.slice(0, length)
}

function right(text: string, length: number): string {
  return length < 0 || length > text.length ? text : text.slice(text.length - length)
}

/** Without what Java's String.trim takes away: controls and spaces. By a regular expression it takes time by the square of a run. */
function trim(text: string): string {
  let [begin, end] = [0, text.length]
  while (begin < end && text.charCodeAt(begin) <= SPACE) begin++
  while (end > begin && text.charCodeAt(end - 1) <= SPACE) end--
  return text.slice(begin, end)
}

/** Positions count from 1, negative ones from the end; out of bounds gives nothing. */
function substring(text: string, position: number, length: number): string {
  if (position === 0 || Math.abs(position) > text.length || length < 0) return ''
  const begin = position < 0 ? text.length + position : position - 1
  return text.slice(begin, begin + length)
}
