// Which partitions are not fetched, and why: their owner has enough of them, or the next batch cannot be read and is tried again later.
import type { TopicPartition } from './assignment.ts'
import { partitionKey } from './assignment.ts'

/** Another replica may become the leader, rights may be granted, a disk may come back. */
const TRY_AGAIN_MS = 1000
/** Of one batch that Kafka gave out and that cannot be decoded; then it is counted as lost. */
const MAX_TRIES = 5

export interface FetchControl {
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
  seek(partition: TopicPartition, offset: number): void
}

interface Unread {
  readonly offset: number
  tries: number
  timer: NodeJS.Timeout | undefined
}

export class HeldPartitions {
  private readonly control: FetchControl
  private readonly paused = new Set<string>()
  private readonly unread = new Map<string, Unread>()

  constructor(control: FetchControl) {
    this.control = control
  }

  get isEmpty(): boolean {
    return this.paused.size === 0 && this.unread.size === 0
  }

  pause(partition: TopicPartition): void {
    this.paused.add(partitionKey(partition))
    this.control.pause(partition)
  }

  resume(partition: TopicPartition): void {
    const key = partitionKey(partition)
    this.paused.delete(key)
    if (this.unread.get(key)?.timer === undefined) this.control.resume(partition)
  }

  /** Reads from `offset` again after a while; false when it was tried often enough. */
  tryAgainLater(partition: TopicPartition, offset: number): boolean {
    const key = partitionKey(partition)
    const before = this.unread.get(key)
    const unread = before?.offset === offset ? before : { offset, tries: 0, timer: undefined }
    this.unread.set(key, unread)
    this.control.pause(partition)
    unread.tries++
    unread.timer ??= setTimeout(() => {
      unread.timer = undefined
      this.control.seek(partition, offset)
      if (!this.paused.has(key)) this.control.resume(partition)
    }, TRY_AGAIN_MS)
    return unread.tries < MAX_TRIES
  }

  /** Records came, or none will: nothing is tried again. */
  forget(partition: TopicPartition): void {
    const key = partitionKey(partition)
    const unread = this.unread.get(key)
    if (unread === undefined) return
    this.unread.delete(key)
    if (unread.timer === undefined) return
    clearTimeout(unread.timer)
    if (!this.paused.has(key)) this.control.resume(partition)
  }

  /** At a join, after which partitions are read again, and at the end. */
  forgetAll(): void {
    for (const key of this.unread.keys()) {
      const slash = key.lastIndexOf('/')
      this.forget({ topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) })
    }
  }
}
