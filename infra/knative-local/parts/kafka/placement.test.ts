import { expect, test } from 'vitest'
import { replicasOf } from './placement.ts'

test('the partitions of a topic have one leader, whichever broker answers first, and topics have different ones', () => {
  const topics = Array.from({ length: 30 }, (_, index) => `topic${index}`)
  for (const topic of topics) {
    const brokers = replicasOf({ topic, partitions: 4, replicas: 3 }, [1, 2, 3])
    expect(brokers?.toSorted()).toEqual([1, 2, 3])
    expect(replicasOf({ topic, partitions: 8, replicas: 3 }, [3, 1, 2])).toEqual(brokers)
    expect(replicasOf({ topic, partitions: 4, replicas: 2 }, [1, 2, 3])).toEqual(brokers?.slice(0, 2))
  }
  const leaders = topics.map(topic => replicasOf({ topic, partitions: 1, replicas: 1 }, [1, 2, 3])?.[0])
  expect(new Set(leaders)).toEqual(new Set([1, 2, 3]))
})

test('topics whose names begin with the same word have the same leader', () => {
  for (const topics of [
    ['order_create', 'order_update', 'order_delete'],
    ['db.public.users', 'db.public.orders'],
    ['orders-new', 'orders']
  ]) {
    const leaders = topics.map(topic => replicasOf({ topic, partitions: 4, replicas: 3 }, [1, 2, 3])?.[0])
    expect(new Set(leaders).size).toBe(1)
  }
})

test('more replicas than there are brokers, and far too many partitions, are left to Kafka, which refuses them in its own words', () => {
  expect(replicasOf({ topic: 'one', partitions: 4, replicas: 3 }, [1, 2])).toBeUndefined()
  expect(replicasOf({ topic: 'one', partitions: 4, replicas: 0 }, [1, 2])).toBeUndefined()
  expect(replicasOf({ topic: 'one', partitions: 100_001, replicas: 1 }, [1, 2])).toBeUndefined()
})
