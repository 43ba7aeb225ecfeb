import { expect, test } from 'vitest'
import { statusLine } from './status-lines.ts'
import type { EgressStatus } from './status.ts'

const status: EgressStatus = {
  kind: 'KafkaSource',
  namespace: 'orders',
  name: 'on-order-create',
  group: 'on-order-create',
  ready: true,
  state: 'consuming',
  assignments: [
    { topic: 't', partition: 0, position: 5, committed: 3, lag: 4 },
    { topic: 't', partition: 1, position: 5, committed: 5, lag: 2 }
  ],
  inFlight: 1,
  delivered: 8,
  filtered: 0,
  retries: 2,
  retrying: [],
  deadLettered: 1,
  dropped: 0,
  discarded: 0,
  rate: 120
}

test('a line sums up the lag of all partitions', () => {
  expect(statusLine(status)).toBe(
    'KafkaSource orders/on-order-create: consuming, partitions 2, lag 6, 120/s, delivered 8, retries 2, dead letters 1'
  )
})

test('one that was left no partition says who has them', () => {
  expect(statusLine({ ...status, assignments: [] })).toContain(
    'consuming, partitions 0: the other members of group on-order-create read them, lag 0'
  )
})

test('what waits says for what, and nothing else', () => {
  const waiting: EgressStatus = {
    ...status,
    ready: false,
    state: 'waiting',
    reason: 'InitializeOffset',
    message: 'topic t does not exist'
  }
  expect(statusLine(waiting)).toBe(
    'KafkaSource orders/on-order-create: waiting, InitializeOffset, topic t does not exist'
  )
})

test('a record that fails again and again is named, with its last error, and cannot move the cursor', () => {
  const retrying = [
    { topic: 't', partition: 1, offset: 5, failures: 22, since: '2026-01-01T00:00:00.000Z', error: 'a\u001b[2Jb' }
  ]
  expect(statusLine({ ...status, retrying })).toMatch(/retrying t\/1@5 \(22 failures: a\\u001b\[2Jb\)$/)
})

test('losses are shouted', () => {
  expect(statusLine({ ...status, dropped: 1, discarded: 2 })).toMatch(/LOST 3$/)
})
