import { expect, test } from 'vitest'
import { bench, costOf } from './cpu-per-student.ts'

test('a student costs what each part took in between, and the benchmark is not among the parts', () => {
  const before = new Map([
    ['brokers', 1_000],
    [bench, 100]
  ])
  const after = new Map([
    ['brokers', 1_200],
    ['started meanwhile', 300],
    [bench, 150]
  ])
  expect(costOf(before, after, 100)).toEqual({
    parts: [
      ['started meanwhile', 3],
      ['brokers', 2]
    ],
    totalMs: 5,
    benchMs: 0.5
  })
})
