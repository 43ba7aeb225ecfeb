import { expect, test } from 'vitest'
import { humanDuration } from './human-duration.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

// https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/util/duration/duration_test.go
test.for([
  [0, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [2 * minute + 1 * second, '2m1s'],
  [10 * minute + 59 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 59 * minute, '3h59m'],
  [8 * hour + 59 * minute, '8h'],
  [47 * hour, '47h'],
  [48 * hour, '2d'],
  [2 * day + 5 * hour, '2d5h'],
  [8 * day + 5 * hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [3 * 365 * day + 2 * day, '3y2d'],
  [8 * 365 * day + 20 * day, '8y'],
  [-1 * second, '0s'],
  [-5 * second, '<invalid>']
] as const)('%i ms is shown as %s', ([ms, shown]) => {
  expect(humanDuration(ms)).toBe(shown)
})
