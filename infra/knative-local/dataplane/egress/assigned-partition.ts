// One partition while this member reads it: what is queued, what is under way, what may be committed.
import { startLongTimer } from '../../long-timer.ts'
import { DeliveryAbandoned } from '../delivery/deliver.ts'
import { OffsetTracker, type Finish } from './offset-tracker.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import type { TopicPartition } from '../group/assignment.ts'

/** Fetching pauses above these and continues at half of them. */
const MAX_QUEUED_RECORDS = 1000
/** So much that a thousand events of 13 headers do not reach it: whoever pauses sooner waits for fetches, and is three times slower. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024

interface Queued {
  readonly record: KafkaRecord
  /** As far as that is known. */
  readonly writtenMs: number
  readonly bytes: number
  readonly finish: Finish
}

export interface Fetching {
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
}

export class AssignedPartition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly tracker: OffsetTracker
  /** The last offset known to be committed. */
  committed: number
  highWatermark = 0
  /** When Kafka last answered a fetch of it, on the clock of performance.now(); undefined while it is unknown whether it may be read. */
  fetchedAtMs: number | undefined
  /** Records started and not ended, those in backoff included. */
  active = 0
  /** Since when its next record has been the next, on the clock of performance.now(). */
  waitsSinceMs = 0
  private readonly fetching: Fetching
  private queue: Queued[] = []
  private head = 0
  private queuedBytes = 0
  private paused = false
  private closed = false
  private requests = 0
  private readonly idleWaiters: (() => void)[] = []
  private readonly backoffs = new Set<() => void>()

  constructor({ topic, partition }: TopicPartition, position: number, fetching: Fetching) {
    this.topic = topic
    this.partition = partition
    this.tracker = new OffsetTracker(position)
    this.committed = position
    this.fetching = fetching
  }

  get queued(): number {
    return this.queue.length - this.head
  }

  get next(): Queued | undefined {
    return this.queue[this.head]
  }

  /** Its queue is full. */
  get isPaused(): boolean {
    return this.paused
  }

  get isClosed(): boolean {
    return this.closed
  }

  /** Records started and not ended, without those in backoff. */
  get underWay(): number {
    return this.active - this.backoffs.size
  }

  get requestsInFlight(): number {
    return this.requests
  }

  push(record: KafkaRecord): void {
    const bytes = bytesInMemory(record)
    if (this.queued === 0) this.waitsSinceMs = performance.now()
    this.queue.push({ record, writtenMs: writtenMs(record), bytes, finish: this.tracker.received(record.offset) })
    this.queuedBytes += bytes
    if (!this.paused && (this.queued > MAX_QUEUED_RECORDS || this.queuedBytes > MAX_QUEUED_BYTES)) {
      this.paused = true
      this.fetching.pause(this)
    }
  }

  shift(): Queued | undefined {
    const { next } = this
    if (next === undefined) return undefined
    this.head++
    this.waitsSinceMs = performance.now()
    this.queuedBytes -= next.bytes
    if (this.head === this.queue.length || this.head > MAX_QUEUED_RECORDS) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
    if (this.paused && this.queued <= MAX_QUEUED_RECORDS / 2 && this.queuedBytes <= MAX_QUEUED_BYTES / 2) {
      this.paused = false
      this.fetching.resume(this)
    }
    return next
  }

  /** Counts a request while it is under way. */
  async request<T>(send: () => Promise<T>): Promise<T> {
    if (this.closed) throw new DeliveryAbandoned()
    this.requests++
    try {
      return await send()
    } finally {
      this.requests--
      if (this.requests === 0) for (const resolve of this.idleWaiters.splice(0)) resolve()
    }
  }

  /** Resolves once no request is under way; a record in backoff has none. */
  async requestsDone(): Promise<void> {
    if (this.requests > 0) await new Promise<void>(resolve => this.idleWaiters.push(resolve))
  }

  /** Waits out a backoff; false when the partition was closed meanwhile. */
  async backoff(ms: number): Promise<boolean> {
    if (this.closed) return false
    await new Promise<void>(resolve => {
      const end = (): void => {
        timer.cancel()
        this.backoffs.delete(end)
        resolve()
      }
      const timer = startLongTimer(ms, end)
      this.backoffs.add(end)
    })
    return !this.closed
  }

  /** The partition is gone: what is queued is forgotten, what is under way is not counted any more. */
  close(): void {
    this.closed = true
    this.queue = []
    this.head = 0
    this.queuedBytes = 0
    if (this.paused) this.fetching.resume(this)
    for (const end of this.backoffs) end()
  }
}

/** A record without a time, or with one that is still to come, counts as written now: clocks of producers may be wrong. */
function writtenMs({ timestampMs }: KafkaRecord): number {
  const [said, nowMs] = [Number(timestampMs), Date.now()]
  return said >= 0 ? Math.min(said, nowMs) : nowMs
}

/** A header is an object for its name, one for its value and one for both. */
const HEADER_OVERHEAD_BYTES = 250

function bytesInMemory({ key, value, headers }: KafkaRecord): number {
  let bytes = (value?.length ?? 0) + (key?.length ?? 0)
  for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0) + HEADER_OVERHEAD_BYTES
  return bytes
}
