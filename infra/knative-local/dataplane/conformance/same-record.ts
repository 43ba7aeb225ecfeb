import { expect } from 'vitest'
import type { Exchange } from './recordings.ts'

type WrittenRecord = Omit<NonNullable<Exchange['record']>, 'topic'>

/** The order of headers and of JSON members is not part of the contract, nor is the span of a trace. */
export function sameRecord(ours: WrittenRecord, theirs: WrittenRecord): void {
  expect(ours.key).toBe(theirs.key)
  expect(comparable(ours.headers)).toEqual(comparable(theirs.headers))
  const isStructured = ours.headers.some(([, value]) => value === 'application/cloudevents+json')
  if (isStructured) expect(JSON.parse(ours.value ?? '')).toEqual(JSON.parse(theirs.value ?? ''))
  else expect(ours.value).toBe(theirs.value)
}

function comparable(headers: WrittenRecord['headers']): string[] {
  return headers.map(([name, value]) => `${name}: ${name === 'traceparent' ? value.slice(0, 36) : value}`).toSorted()
}
