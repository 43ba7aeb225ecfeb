import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { murmur2 } from './murmur2.ts'
import { javaPartitioner } from './kafkajs.ts'

// From org.apache.kafka.common.utils.Utils.murmur2 of Kafka 4.3.1.
test.each([
  ['', 275646681],
  ['99', 1288378381],
  ['1834', -1042682160],
  ['5a94c9', -313141582],
  ['390b7702', 612225306],
  ['09d32a595d', 99467382],
  ['41f4b3e59247', -1134459280],
  ['05194bb55dcab3', -1772457477],
  ['0016175aa147e1f3', 1440785583],
  ['02e34d15e5c4caaf166fc2edcea4fb1b', 2099471924]
])('the hash of %s is that of Java', (hex, hash) => {
  expect(murmur2(Buffer.from(hex, 'hex'))).toBe(hash)
})

const partitionMetadata = [0, 1, 2, 3, 4, 5, 6].map(partitionId => ({
  partitionErrorCode: 0,
  partitionId,
  leader: partitionId,
  replicas: [],
  isr: []
}))

test('a key has the partition that kafkajs gives it', () => {
  const [ours, theirs] = [javaPartitioner(), kafkajs.Partitioners.DefaultPartitioner()]
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.uint8Array({ maxLength: 8 }).map(Buffer.from)),
      key => {
        const message = { key, value: null }
        expect(ours({ topic: 't', partitionMetadata, message })).toBe(
          theirs({ topic: 't', partitionMetadata, message })
        )
      }
    )
  )
})

test('a key of eight megabytes is hashed in less than a second', () => {
  const begunMs = performance.now()
  javaPartitioner()({ topic: 't', partitionMetadata, message: { key: 'k'.repeat(8 * 1024 * 1024), value: null } })
  expect(performance.now() - begunMs).toBeLessThan(1000)
})

test('records without a key go round the partitions that have a leader', () => {
  const partitioner = javaPartitioner()
  const some = partitionMetadata.map(data => ({ ...data, leader: data.partitionId === 3 ? -1 : 0 }))
  const chosen = Array.from({ length: 60 }, () =>
    partitioner({ topic: 't', partitionMetadata: some, message: { key: null, value: null } })
  )
  expect(new Set(chosen)).toEqual(new Set([0, 1, 2, 4, 5, 6]))
})
