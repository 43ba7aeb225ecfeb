import { expect, test } from 'vitest'
import { busiestBroker, isWithout, type Replication, sharesOf, troubleOf } from './brokers.ts'

const partitions: Replication[] = [
  partition(1, [1, 2, 3]),
  partition(2, [1, 2, 3]),
  partition(2, [1, 2]),
  partition(-1, [3])
]

test('each broker has what it leads and where it is in sync', () => {
  expect(sharesOf(partitions)).toEqual([
    { broker: 1, leads: 1, inSync: 3, replicas: 4 },
    { broker: 2, leads: 2, inSync: 3, replicas: 4 },
    { broker: 3, leads: 0, inSync: 3, replicas: 4 }
  ])
  expect(busiestBroker(partitions)).toBe(2)
})

test('a partition is under-replicated, then under its minimum, then unavailable', () => {
  expect(troubleOf(partitions, 2)).toEqual({ underReplicated: 2, underMinIsr: 1, unavailable: 1 })
})

test('who has not heard of the death yet still counts on the broker, though nothing is amiss', () => {
  const before = [partition(1, [1, 2, 3])]
  expect(troubleOf(before, 2)).toEqual({ underReplicated: 0, underMinIsr: 0, unavailable: 0 })
  expect([3, 1].map(broker => isWithout(before, broker))).toEqual([false, false])
  expect(isWithout([partition(2, [1, 2])], 3)).toBe(true)
  expect(isWithout([partition(-1, [1, 2])], 3)).toBe(false)
})

function partition(leader: number, isr: number[]): Replication {
  return { topic: 'orders', partition: 0, leader, replicas: [1, 2, 3], isr }
}
