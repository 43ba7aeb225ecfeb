import type { TopicPartition } from './assignment.ts'
import type { Reader } from './fetched-batches.ts'

/** Who reads by a GroupConsumer, and what the consumer reports to it. */
export interface GroupOwner extends Reader {
  /** The group is about to be joined (again): bring what is under way to an end, commit; bounded in time. */
  beforeJoin(): Promise<void>
  /** The group was joined: of what was read before, only this still is. Nothing else may be committed any more. */
  kept(partitions: readonly TopicPartition[]): void
  /** Kafka has given out what there is of each partition that is read, even if it is nothing. */
  isFetched(): boolean
  /** Nothing is read any more, until `added`. */
  lost(error: Error): void
}
