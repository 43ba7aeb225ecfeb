// Commits of a member of a group, by the way that kafkajs gives to whoever handles a batch.
import type { EachBatchPayload, Offsets, TopicPartitionOffsetAndMetadata } from 'kafkajs'
import type { Logger } from 'pino'
import type { Position } from './assignment.ts'

type CommitOnce = EachBatchPayload['commitOffsetsIfNecessary']

export class OffsetCommitter {
  private readonly beforeAnyRecord: (offsets: TopicPartitionOffsetAndMetadata[]) => Promise<void>
  private readonly log: Logger
  private commitOnce: CommitOnce | undefined

  /**
   * `beforeAnyRecord` commits while no batch has come yet. Only passed control records can be behind such a commit: that kafkajs
   * repeats it does no harm then.
   */
  constructor(beforeAnyRecord: (offsets: TopicPartitionOffsetAndMetadata[]) => Promise<void>, log: Logger) {
    this.beforeAnyRecord = beforeAnyRecord
    this.log = log
  }

  /** Of the last batch; undefined once the group has been left. */
  use(commitOnce: CommitOnce | undefined): void {
    this.commitOnce = commitOnce
  }

  /** Commits once, in the current generation; in a later one the partitions may be another member's. Answers whether Kafka took it. */
  async commit(offsets: readonly Position[]): Promise<boolean> {
    if (offsets.length === 0) return true
    try {
      if (this.commitOnce !== undefined) await this.commitOnce(toOffsets(offsets))
      else {
        await this.beforeAnyRecord(
          offsets.map(({ topic, partition, position }) => ({ topic, partition, offset: String(position) }))
        )
      }
      return true
    } catch (error) {
      this.log.debug({ error: (error as Error).message }, 'offsets not committed')
      return false
    }
  }
}

function toOffsets(positions: readonly Position[]): Offsets {
  const topics = Object.groupBy(positions, ({ topic }) => topic)
  return {
    topics: Object.entries(topics).map(([topic, partitions = []]) => ({
      topic,
      partitions: partitions.map(({ partition, position }) => ({ partition, offset: String(position) }))
    }))
  }
}
