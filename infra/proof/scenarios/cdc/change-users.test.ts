import { expect, test } from 'vitest'
import { seededRandom } from '../../chaos/random.ts'
import { type ChangeEvent, formatLsn, parseLsn, readChangeEvent } from './change-event.ts'
import { type Change, compareWithEvents, planChange } from './change-users.ts'

const changes: readonly Change[] = [
  { user: 'ada', before: null, after: 'Name 1' },
  { user: 'ada', before: 'Name 1', after: 'Name 2' },
  { user: 'alan', before: null, after: 'Name 3' },
  { user: 'ada', before: 'Name 2', after: null }
]
const events = changes.map((change, index) => eventOf(change, BigInt(index + 1)))

test('one event for each change, in order, is what must be', () => {
  expect(compareWithEvents(changes, events)).toEqual({ lost: 0, unexpected: 0, duplicates: 0, outOfOrder: 0 })
})

test('a missing event is a lost change', () => {
  expect(compareWithEvents(changes, events.slice(1))).toMatchObject({ lost: 1 })
})

test('events that come again are counted, and are not out of order', () => {
  const again = [...events, ...events.slice(0, 2)]
  expect(compareWithEvents(changes, again)).toEqual({ lost: 0, unexpected: 0, duplicates: 2, outOfOrder: 0 })
})

test('only events of the same user have an order', () => {
  const [first, second, third, fourth] = events as [ChangeEvent, ChangeEvent, ChangeEvent, ChangeEvent]
  expect(compareWithEvents(changes, [third, first, second, fourth])).toMatchObject({ outOfOrder: 0 })
  expect(compareWithEvents(changes, [second, first, third, fourth])).toMatchObject({ outOfOrder: 1 })
})

test('an event with another image before is unexpected, and its change is lost', () => {
  const wrong = eventOf({ user: 'ada', before: 'Name 7', after: 'Name 2' }, 2n)
  expect(compareWithEvents(changes.slice(1, 2), [wrong])).toMatchObject({ lost: 1, unexpected: 1 })
})

test('who is not there is inserted, and each name is used once', () => {
  const random = seededRandom(7)
  const names = new Map<string, string | null>([
    ['ada', null],
    ['alan', null]
  ])
  const planned = Array.from({ length: 200 }, (_, number) => {
    const change = planChange(random, names, number)
    expect(change.before).toBe(names.get(change.user))
    names.set(change.user, change.after)
    return change
  })
  const given = planned.flatMap(({ after }) => after ?? [])
  expect(new Set(given).size).toBe(given.length)
  expect(planned.some(({ after }) => after === null)).toBe(true)
})

test('a record of Debezium is read: user, images, and its place in the WAL', () => {
  const value = {
    id: 'name:db;lsn:34397200;txId:779;sequence:["34397200","34397200"]',
    time: '2026-11-21T18:44:38.285Z',
    data: { before: image('A'), after: image('B') }
  }
  expect(readChangeEvent(recordOf(value))).toEqual({
    user: 'ada',
    partition: 2,
    offset: 5,
    operation: 'u',
    before: image('A'),
    after: image('B'),
    lsn: 34_397_200n,
    txId: 779,
    committedAt: new Date(value.time),
    writtenAt: new Date(1_000),
    json: JSON.stringify(value)
  })
})

test.each([
  [0n, '0/0'],
  [34_397_200n, '0/20CDC10'],
  [0x16_b374_d848n, '16/B374D848']
])('the place %i is written as PostgreSQL does', (lsn, text) => {
  expect(formatLsn(lsn)).toBe(text)
  expect(parseLsn(text)).toBe(lsn)
})

function image(name: string) {
  return { id: 'ada', name, email: 'ada@example.com' }
}

function eventOf({ user, before, after }: Change, lsn: bigint): ChangeEvent {
  const imageOf = (name: string | null) => (name === null ? null : { id: user, name, email: '' })
  return {
    user,
    partition: 0,
    offset: Number(lsn),
    operation: before === null ? 'c' : after === null ? 'd' : 'u',
    before: imageOf(before),
    after: imageOf(after),
    lsn,
    txId: Number(lsn),
    committedAt: new Date(0),
    writtenAt: new Date(0),
    json: ''
  }
}

function recordOf(value: object) {
  return {
    topic: 'db.public.users',
    partition: 2,
    offset: 5,
    timestampMs: 1_000n,
    key: Buffer.from('{"id":"ada"}'),
    value: Buffer.from(JSON.stringify(value)),
    headers: []
  }
}
