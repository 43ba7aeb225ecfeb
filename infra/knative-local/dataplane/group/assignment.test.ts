import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign, keptAndAdded, partitionKey, type Member, type TopicPartition } from './assignment.ts'

const partitionsOf = (count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic: 't', partition }))

function member(id: string, owned: readonly TopicPartition[] = []): Member {
  return { id, topics: ['t'], owned: new Set(owned.map(partitionKey)) }
}

test('every partition has one reader and shares differ by one at most, whatever came before', () => {
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.array(fc.array(fc.nat(45), { maxLength: 20 }), { minLength: 1, maxLength: 8 }),
      (count, owned) => {
        const partitions = partitionsOf(count)
        const members = owned.map((numbers, i) =>
          member(
            `m${i}`,
            numbers.map(partition => ({ topic: 't', partition }))
          )
        )
        const shares = assign(members, partitions)
        const all = [...shares.values()].flat().map(partitionKey)
        expect(all.toSorted()).toEqual(partitions.map(partitionKey).toSorted())
        const sizes = Array.from(shares.values(), share => share.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }
    )
  )
})

test('who leaves hands over only what was theirs', () => {
  const partitions = partitionsOf(12)
  const before = assign([member('a'), member('b'), member('c')], partitions)
  const after = assign([member('a', before.get('a')), member('b', before.get('b'))], partitions)
  expect(after.get('a')).toEqual(expect.arrayContaining(before.get('a') ?? []))
  expect(after.get('b')).toEqual(expect.arrayContaining(before.get('b') ?? []))
})

test('who joins is given a share, and nobody else gains anything', () => {
  const partitions = partitionsOf(12)
  const before = assign([member('a'), member('b')], partitions)
  const after = assign([member('a', before.get('a')), member('b', before.get('b')), member('c')], partitions)
  expect(after.get('c')).toHaveLength(4)
  for (const id of ['a', 'b']) {
    expect(before.get(id)).toEqual(expect.arrayContaining(after.get(id) ?? []))
  }
})

test('after a join a member continues where it stood in what it keeps, and everything else is new to it', () => {
  const given = { t: [0, 2], u: [1] }
  const owned = [
    { topic: 't', partition: 2, position: 70 },
    { topic: 't', partition: 1, position: 50 }
  ]
  expect(keptAndAdded(given, owned)).toEqual({
    kept: [{ topic: 't', partition: 2, position: 70 }],
    added: [
      { topic: 't', partition: 0 },
      { topic: 'u', partition: 1 }
    ]
  })
})

test('a partition goes only to a member that reads its topic', () => {
  const shares = assign(
    [
      { id: 'a', topics: ['t'], owned: new Set() },
      { id: 'b', topics: ['t', 'u'], owned: new Set() }
    ],
    [
      { topic: 't', partition: 0 },
      { topic: 'u', partition: 0 },
      { topic: 'u', partition: 1 }
    ]
  )
  expect(shares.get('a')).toEqual([{ topic: 't', partition: 0 }])
})
