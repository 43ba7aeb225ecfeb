// A partition that has no leader, because the brokers that hold it are down: the others are read and written meanwhile. kafkajs fails
// whatever knows of such a partition, a question for the topics of the cluster included.
import type { Cluster } from 'kafkajs'
import type { TopicPartition } from '../group/assignment.ts'

interface PartitionMetadata {
  readonly partitionErrorCode: number
}

interface Metadata {
  readonly topicMetadata: readonly { readonly partitionMetadata: readonly PartitionMetadata[] }[]
}

interface RequestTable {
  protocol(choice: { version: number }): (given: object) => {
    readonly response: { parse(data: Metadata): Promise<unknown> }
  }
}

/** https://kafka.apache.org/protocol.html#protocol_error_codes */
const OF_ONE_PARTITION = new Set([
  5, // LEADER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE: a follower is down
  72 // LISTENER_NOT_FOUND: the leader has no listener as the one that was asked
])

/** Of kafkajs' table of requests, the entry for metadata: the leader of such a partition is -1, and no error. */
export function keepLeaderless(table: RequestTable): void {
  const protocol = table.protocol.bind(table)
  table.protocol = choice => {
    const build = protocol(choice)
    return given => {
      const { response, ...exchange } = build(given)
      const parse = (data: Metadata): Promise<unknown> => response.parse(withoutErrorsOfPartitions(data))
      return { ...exchange, response: { ...response, parse } }
    }
  }
}

function withoutErrorsOfPartitions(data: Metadata): Metadata {
  const topicMetadata = data.topicMetadata.map(topic => ({
    ...topic,
    partitionMetadata: topic.partitionMetadata.map(partition =>
      OF_ONE_PARTITION.has(partition.partitionErrorCode) ? { ...partition, partitionErrorCode: 0 } : partition
    )
  }))
  return { ...data, topicMetadata }
}

export function hasLeader(cluster: Cluster, { topic, partition }: TopicPartition): boolean {
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)
  return found !== undefined && found.leader >= 0
}

/** Of a partition without a leader the cluster answers the offset -1, which kafkajs takes for not known yet. */
export function tolerateLeaderless(cluster: Cluster): void {
  const fetchTopicsOffset = cluster.fetchTopicsOffset.bind(cluster)
  cluster.fetchTopicsOffset = async topics => {
    const led = topics
      .map(({ topic, partitions, ...rest }) => ({
        ...rest,
        topic,
        partitions: partitions.filter(({ partition }) => hasLeader(cluster, { topic, partition }))
      }))
      .filter(({ partitions }) => partitions.length > 0)
    const answers = led.length === 0 ? [] : await fetchTopicsOffset(led as typeof topics)
    return topics.map(({ topic, partitions }) => {
      const ofTopic = answers.find(answer => answer.topic === topic)?.partitions ?? []
      return {
        topic,
        partitions: partitions.map(
          ({ partition }) => ofTopic.find(answer => answer.partition === partition) ?? { partition, offset: '-1' }
        )
      }
    })
  }
}
