// Where a group's partitions stand: committed offsets, and the two ends of the log. Asked through the consumer's own connections,
// whose metadata is never older than the assignment itself.
import type { Broker, Cluster } from 'kafkajs'
import { partitionKey, type TopicPartition } from './assignment.ts'

/** By `topic/partition`. */
export type OffsetsByPartition = Map<string, number>

/** Offsets the group has committed; a partition without one is not in the map. */
export async function committedOffsets(
  coordinator: Broker,
  groupId: string,
  partitions: readonly TopicPartition[]
): Promise<OffsetsByPartition> {
  const topics = byTopic(partitions).map(({ topic, partitions: numbers }) => ({
    topic,
    // kafkajs' types ask for an offset here; the protocol has none in this request.
    partitions: numbers.map(partition => ({ partition, offset: '-1' }))
  }))
  const { responses } = await coordinator.offsetFetch({ groupId, topics })
  return collect(responses)
}

/** A partition without a leader is not in the map. */
export function lowOffsets(cluster: Cluster, partitions: readonly TopicPartition[]): Promise<OffsetsByPartition> {
  return endOffsets(cluster, partitions, true)
}

/** The same. */
export function highOffsets(cluster: Cluster, partitions: readonly TopicPartition[]): Promise<OffsetsByPartition> {
  return endOffsets(cluster, partitions, false)
}

/** Commits in the name of nobody, which Kafka allows while the group has no members. */
export async function commitWithoutMember(
  coordinator: Broker,
  groupId: string,
  offsets: OffsetsByPartition
): Promise<void> {
  const partitions = Array.from(offsets, ([key, offset]) => ({ ...parseKey(key), offset: String(offset) }))
  await coordinator.offsetCommit({
    groupId,
    groupGenerationId: -1,
    memberId: '',
    topics: Object.entries(Object.groupBy(partitions, ({ topic }) => topic)).map(([topic, ofTopic = []]) => ({
      topic,
      partitions: ofTopic.map(({ partition, offset }) => ({ partition, offset }))
    }))
  })
}

async function endOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  fromBeginning: boolean
): Promise<OffsetsByPartition> {
  if (partitions.length === 0) return new Map()
  const topics = byTopic(partitions).map(({ topic, partitions: numbers }) => ({
    topic,
    partitions: numbers.map(partition => ({ partition })),
    fromBeginning
  }))
  return collect(await cluster.fetchTopicsOffset(topics))
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return Object.entries(Object.groupBy(partitions, ({ topic }) => topic)).map(([topic, ofTopic = []]) => ({
    topic,
    partitions: ofTopic.map(({ partition }) => partition)
  }))
}

/** -1 is no offset: nothing was committed, or the partition has no leader that knows. */
function collect(
  topics: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]
): OffsetsByPartition {
  const offsets: OffsetsByPartition = new Map()
  for (const { topic, partitions } of topics) {
    for (const { partition, offset } of partitions) {
      if (Number(offset) >= 0) offsets.set(partitionKey({ topic, partition }), Number(offset))
    }
  }
  return offsets
}

function parseKey(key: string): TopicPartition {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}
