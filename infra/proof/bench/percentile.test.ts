import { expect, test } from 'vitest'
import { percentile } from './percentile.ts'

test.each([
  [0.5, 2],
  [0.75, 3],
  [0.99, 10],
  [1, 10]
])('the percentile of %d is the value that so many do not exceed', (share, value) => {
  expect(percentile([1, 2, 3, 10], share)).toBe(value)
})

test('of no values it is 0', () => {
  expect(percentile([], 0.5)).toBe(0)
})
