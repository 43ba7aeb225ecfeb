import { expect, test } from 'vitest'
import { planRewind } from './plan-rewind.ts'

const group = { group: 'readers', topics: ['t'] }
const range = (partition: number, start: number, end: number) => ({ topic: 't', partition, start, end })

test('a group is set back to its targets, and what lies between comes again', () => {
  expect(
    planRewind(group, [range(0, 0, 10)], new Map([['t/0', 10]]), [{ topic: 't', partition: 0, offset: 4 }])
  ).toEqual([{ group: 'readers', topic: 't', partition: 0, from: 10, to: 4, records: 6 }])
})

test.each([
  ['a target ahead of the group does not move it', 12, { to: 10, records: 0 }],
  ['a target that retention has removed is its first record', 1, { to: 3, records: 7 }]
])('%s', (_, offset, expected) => {
  const planned = planRewind(group, [range(0, 3, 12)], new Map([['t/0', 10]]), [{ topic: 't', partition: 0, offset }])
  expect(planned).toMatchObject([expected])
})

test('a partition without a target, or without a committed offset, stays where it is', () => {
  const planned = planRewind(group, [range(0, 0, 10), range(1, 2, 5)], new Map([['t/0', 10]]), [])
  expect(planned.map(({ to, records }) => ({ to, records }))).toEqual([
    { to: 10, records: 0 },
    { to: 2, records: 0 }
  ])
})

test('topics of other groups are left alone', () => {
  expect(planRewind(group, [{ ...range(0, 0, 10), topic: 'other' }], new Map(), [])).toEqual([])
})
