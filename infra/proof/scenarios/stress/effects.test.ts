import { expect, test } from 'vitest'
import { effectsOf } from './effects.ts'
import type { Answer } from './journal.ts'

test('the delay is from the command to the last function', () => {
  const { delays, ...counts } = effectsOf([sent('soak-1', 1_000)], [change('soak-1')], [done('soak-1', 1_040)])
  expect(delays).toEqual([{ scenario: 'soak', sentAt: 1_000, ms: 40 }])
  expect(counts).toEqual({ accepted: 1, missing: 0, twice: 0 })
})

test('a command is missing until both functions are done with it', () => {
  expect(effectsOf([sent('soak-1', 0)], [], []).missing).toBe(1)
  expect(effectsOf([sent('soak-1', 0)], [change('soak-1')], [{ ...done('soak-1', 9), functions: 1 }]).missing).toBe(1)
})

test('a student of an unknown user waits on purpose: no delay, and one function is enough', () => {
  const unknown = { ...sent('soak-1', 0), kind: 'unknown-user' }
  expect(effectsOf([unknown], [change('soak-1')], [{ ...done('soak-1', 9), functions: 1 }])).toEqual({
    accepted: 1,
    missing: 0,
    twice: 0,
    delays: []
  })
})

test('a command that changed a student twice is counted', () => {
  const again = { ...change('soak-1'), sequence: 2 }
  expect(effectsOf([sent('soak-1', 0)], [change('soak-1'), again], [done('soak-1', 9)]).twice).toBe(1)
})

const sent = (name: string, sentAt: number): Answer => ({
  kind: 'create',
  name,
  sentAt,
  ms: 5,
  status: 201,
  right: true,
  scenario: 'soak'
})
const change = (name: string) => ({ name, studentId: `id of ${name}`, sequence: 1 })
const done = (name: string, doneAtMs: number) => ({ studentId: `id of ${name}`, sequence: 1, functions: 2, doneAtMs })
