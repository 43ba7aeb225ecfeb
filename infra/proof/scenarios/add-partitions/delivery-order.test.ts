import { expect, test } from 'vitest'
import type { Delivery } from '../stage/delivery-log.ts'
import { orderOf } from './delivery-order.ts'

test('what comes in order, of several students in turn, is neither early nor stale', () => {
  expect(orderOf(deliveries('a2 b2 a3 b3 b4'))).toEqual({ deliveries: 5, early: 0, stale: [] })
})

test('an event that overtakes two is early once, and leaves the student with the older state', () => {
  expect(orderOf(deliveries('a4 a2 b2 a3'))).toEqual({ deliveries: 4, early: 1, stale: ['a'] })
})

test('a student whose newest event comes last is not stale, though another one was early', () => {
  expect(orderOf(deliveries('a3 a2 a4'))).toEqual({ deliveries: 3, early: 1, stale: [] })
})

function deliveries(text: string): Delivery[] {
  return text.split(' ').map((one, offset) => ({
    member: 'member-1',
    function: 'onStudentUpdate',
    id: one,
    student: one.slice(0, 1),
    sequence: Number(one.slice(1)),
    topic: 'student_update',
    partition: 0,
    offset,
    step: '',
    done: true,
    tookMs: 1
  }))
}
