import { expect, test } from 'vitest'
import { accountFor } from './record-account.ts'

test('what was acknowledged and is not there is lost; what was not acknowledged may be there', () => {
  const acknowledged = [1, 2, 3].map(number => ({ partition: 0, number, atMs: number * 10 }))
  expect(accountFor(acknowledged, [1, 3, 4])).toMatchObject({ acknowledged: 3, found: 2, lost: 1, twice: 0 })
})

test('a record that is there three times is there twice too often', () => {
  expect(accountFor([{ partition: 0, number: 1, atMs: 0 }], [1, 1, 1])).toMatchObject({ found: 1, lost: 0, twice: 2 })
})

test('the longest wait is one of a single partition', () => {
  const acknowledged = [
    { partition: 0, number: 1, atMs: 0 },
    { partition: 1, number: 2, atMs: 500 },
    { partition: 0, number: 3, atMs: 900 },
    { partition: 1, number: 4, atMs: 1_000 }
  ]
  expect(accountFor(acknowledged, [1, 2, 3, 4]).longestWaitMs).toBe(900)
  expect(accountFor([], []).longestWaitMs).toBe(0)
})
