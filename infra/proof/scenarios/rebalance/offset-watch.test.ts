import { expect, test } from 'vitest'
import { wentBack } from './offset-watch.ts'

test('an offset that is lower than before went back; a new one and the same one did not', () => {
  const before = new Map([
    ['student_create/0', 41],
    ['student_create/1', 7]
  ])
  const now = new Map([
    ['student_create/0', 40],
    ['student_create/1', 7],
    ['student_create/2', 1]
  ])
  expect(wentBack(before, now)).toEqual(['student_create/0 from 41 to 40'])
})
