// Where a group begins to read its partitions: at its commits, or at an end of the log.
import type { Broker, Cluster } from 'kafkajs'
import { partitionKey, type Position, type TopicPartition } from './assignment.ts'
import { commitWithoutMember, committedOffsets, highOffsets, lowOffsets } from './group-offsets.ts'

export interface GroupSettings {
  readonly group: string
  readonly topics: readonly string[]
  readonly readUncommitted: boolean
  readonly initialOffset: 'earliest' | 'latest'
}

export interface FoundPositions {
  readonly positions: readonly Position[]
  /** Without a leader that could say how far its log goes: it begins later, at its commit or an end. */
  readonly leaderless: readonly Position[]
}

export class GroupPositions {
  private readonly settings: GroupSettings
  private initialised: boolean
  /** Of a topic that begins at its end, the partitions whose end nobody knew then. */
  private readonly fromEnd = new Set<string>()

  constructor(settings: GroupSettings) {
    this.settings = settings
    this.initialised = settings.initialOffset === 'earliest'
  }

  /**
   * initialOffset latest: a topic this group has never read begins at its end, and says so in Kafka before anyone joins, so that
   * nothing sent from then on is missed. Partitions added to it later begin at their beginning.
   */
  async initialise(coordinator: Broker, cluster: Cluster): Promise<void> {
    if (this.initialised) return
    const { group, topics } = this.settings
    for (const topic of topics) {
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ topic, partition: partitionId }))
      const committed = await committedOffsets(coordinator, group, partitions)
      if (committed.size > 0) continue
      const ends = await highOffsets(cluster, partitions)
      for (const key of partitions.map(partitionKey)) if (!ends.has(key)) this.fromEnd.add(key)
      await commitWithoutMember(coordinator, group, ends)
    }
    this.initialised = true
  }

  async find(coordinator: Broker, cluster: Cluster, partitions: readonly TopicPartition[]): Promise<FoundPositions> {
    const committed = await committedOffsets(coordinator, this.settings.group, partitions)
    const [low, high] = [await lowOffsets(cluster, partitions), await highOffsets(cluster, partitions)]
    const positions: Position[] = []
    const leaderless: Position[] = []
    for (const { topic, partition } of partitions) {
      const key = partitionKey({ topic, partition })
      const [begin, end] = [low.get(key), high.get(key)]
      if (begin === undefined || end === undefined) {
        leaderless.push({ topic, partition, position: committed.get(key) ?? 0 })
        continue
      }
      const position = committed.get(key) ?? (this.fromEnd.has(key) ? end : begin)
      // Retention may have removed what the group has not read yet; a topic that was recreated ends before the old commit.
      positions.push({ topic, partition, position: position > end ? begin : Math.max(position, begin) })
    }
    return { positions, leaderless }
  }
}
