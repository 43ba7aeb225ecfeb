// The assignment as a kafkajs partition assigner, and the one place where kafkajs waits before it joins a group.
import kafkajs, { type Broker, type Cluster, type PartitionAssigner } from 'kafkajs'
import { tolerateLeaderless } from '../kafka/leaderless.ts'
import { assign, partitionKey, type Member, type TopicPartition } from './assignment.ts'

const { AssignerProtocol } = kafkajs
const NAME = 'even-and-sticky'
const VERSION = 1

export interface JoinHooks {
  /** What this member reads now. */
  readonly owned: () => Iterable<TopicPartition>
  /**
   * Awaited before every request to join the group, the first and each one of a rebalance. kafkajs has no such hook: its
   * `consumer.group_join` and `consumer.rebalancing` events are not waited for, and its loop stands still only while an
   * `eachBatch` runs. But it looks up the coordinator through the cluster object it hands to an assigner, and waits for that.
   * (kafkajs/src/consumer/consumerGroup.js, [PRIVATE.JOIN])
   */
  readonly beforeJoin: (coordinator: Broker, cluster: Cluster) => Promise<void>
}

export function partitionAssigner(hooks: JoinHooks): PartitionAssigner {
  return ({ cluster }) => {
    tolerateLeaderless(cluster)
    const findGroupCoordinator = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = async group => {
      const coordinator = await findGroupCoordinator(group)
      await hooks.beforeJoin(coordinator, cluster)
      return coordinator
    }
    return {
      name: NAME,
      version: VERSION,
      protocol: ({ topics }) => ({
        name: NAME,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version: VERSION,
          topics,
          userData: Buffer.from(JSON.stringify(Array.from(hooks.owned(), partitionKey)))
        })
      }),
      assign: async ({ members }) => {
        const group = members.map(({ memberId, memberMetadata }) => readMember(memberId, memberMetadata))
        const shares = assign(group, await partitionsOf(cluster, group))
        return Array.from(shares, ([memberId, share]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: VERSION,
            assignment: byTopic(share),
            userData: Buffer.alloc(0)
          })
        }))
      }
    }
  }
}

function readMember(id: string, metadata: Buffer): Member {
  const decoded = AssignerProtocol.MemberMetadata.decode(metadata)
  const userData = decoded?.userData.toString() ?? ''
  const owned: string[] = userData === '' ? [] : JSON.parse(userData)
  return { id, topics: decoded?.topics ?? [], owned: new Set(owned) }
}

/** Members may know different topics for a moment, when one of them has read an edited file before the others. */
async function partitionsOf(cluster: Cluster, members: readonly Member[]): Promise<TopicPartition[]> {
  const topics = [...new Set(members.flatMap(member => member.topics))].toSorted()
  await cluster.addMultipleTargetTopics(topics)
  return topics.flatMap(topic =>
    cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => ({ topic, partition: partitionId }))
      .toSorted((a, b) => a.partition - b.partition)
  )
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {}
  for (const { topic, partition } of partitions) (topics[topic] ??= []).push(partition)
  return topics
}
