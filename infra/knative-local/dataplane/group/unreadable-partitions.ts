// What is wrong with a partition that cannot be read while the others are.
import type { Logger } from 'pino'
import { partitionKey, type TopicPartition } from './assignment.ts'

/** What cannot be read is tried every second (held-partitions.ts): not heard of for this long, it can be read, and holds nothing new. */
const FORGET_AFTER_MS = 5000

export class UnreadablePartitions {
  private readonly log: Logger
  private readonly troubles = new Map<string, { readonly message: string; readonly atMs: number }>()

  constructor(log: Logger) {
    this.log = log
  }

  /** Logged when it is new. */
  add(partition: TopicPartition, message: string): void {
    const key = partitionKey(partition)
    if (this.troubles.get(key)?.message !== message) this.log.error({ reason: 'PartitionUnreadable' }, message)
    this.troubles.set(key, { message, atMs: performance.now() })
  }

  forget(partition: TopicPartition): void {
    this.troubles.delete(partitionKey(partition))
  }

  /** Others are not read any more. */
  keep(partitions: readonly TopicPartition[]): void {
    const kept = new Set(partitions.map(partitionKey))
    for (const key of this.troubles.keys()) if (!kept.has(key)) this.troubles.delete(key)
  }

  /** Of one of them. */
  message(): string | undefined {
    for (const [key, { atMs }] of this.troubles)
      if (performance.now() - atMs > FORGET_AFTER_MS) this.troubles.delete(key)
    const [first] = this.troubles.values()
    return first?.message
  }
}
