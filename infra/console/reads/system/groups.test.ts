import { expect, test } from 'vitest'
import { changeOf, rateOf } from './groups.ts'
import type { GroupSample, Look } from './group-watch.ts'

test('a rebalance is said in words', () => {
  expect(changeOf(group('a', 'b'), group('a', 'b'))).toBeUndefined()
  expect(changeOf(group('a', 'a'), group('a', 'b'))).toBe('1 joined')
  expect(changeOf(group('a', 'b'), group('b', 'b'))).toBe('1 left')
  expect(changeOf(group('a'), group('b'))).toBe('1 joined, 1 left')
  expect(changeOf(group('a', 'b'), group('b', 'a'))).toBe('partitions have moved')
  expect(changeOf(group('a'), { ...group(), state: 'Empty' })).toBe('the group is Empty')
})

test('a rate is that of the looks together, and never below nothing', () => {
  const look = (atMs: number, end: number): Look => ({
    atMs,
    ranges: [{ topic: 't', partition: 0, start: 0, end }],
    groups: new Map()
  })
  const ends = ({ ranges }: Look) => ranges[0]?.end ?? 0
  expect(rateOf([look(0, 0), look(2_000, 90), look(4_000, 100)], ends)).toBe(25)
  expect(rateOf([look(0, 100), look(2_000, 0)], ends)).toBe(0) // a topic that was recreated
  expect(rateOf([look(0, 5)], ends)).toBe(0)
})

/** A partition each, and who has it. */
function group(...members: string[]): GroupSample {
  const assignments = members.map((memberId, partition) => ({
    topic: 't',
    partition,
    memberId,
    clientId: 'c',
    host: '/h'
  }))
  return { atMs: 0, state: 'Stable', lag: 0, assignments, committed: new Map() }
}
