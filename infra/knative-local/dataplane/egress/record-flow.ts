// When the records of an egress start: one at a time per partition (ordered), or many at once (unordered). Everything is bounded.
//
// Unordered, the record that was written first starts first, whichever topic it is of: an egress that lags behind would otherwise
// read what is rare ahead of what is frequent, and each update before its create. Kafka Streams chooses so among its partitions.
// https://kafka.apache.org/41/documentation/streams/core-concepts.html#streams_out_of_ordering
import type { AssignedPartition } from './assigned-partition.ts'
import { DeliveryAbandoned } from '../delivery/deliver.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import type { Ordering } from '../../manifests/plan.ts'

/** New records start below this many under way; the original polls 50 records at a time (max.poll.records). */
const MAX_UNORDERED_UNDER_WAY = 50
/** Those in backoff included, which the original bounds in effect at 99; also the connections of the HTTP pool. */
const MAX_UNORDERED_ACTIVE = 100

/** However old the records of others are, a partition that has some starts one this often. */
const MAX_TURN_MS = 1000

export type Handle = (record: KafkaRecord, partition: AssignedPartition) => Promise<void>

export class RecordFlow {
  private readonly ordering: Ordering
  private readonly handle: Handle
  private readonly partitions: AssignedPartition[] = []
  private readonly waiting: (() => void)[] = []
  private held = false
  private active = 0

  /** `handle` rejects only with DeliveryAbandoned, or for a defect of ours. */
  constructor(ordering: Ordering, handle: Handle) {
    this.ordering = ordering
    this.handle = handle
  }

  add(partition: AssignedPartition): void {
    this.partitions.push(partition)
  }

  remove(partition: AssignedPartition): void {
    const index = this.partitions.indexOf(partition)
    if (index !== -1) this.partitions.splice(index, 1)
    partition.close()
    this.wake()
  }

  /** Starts what may start; called when records arrived. */
  start(partition: AssignedPartition): void {
    if (this.ordering === 'ordered') this.startOrdered(partition)
    else this.startUnordered()
  }

  /** Nothing new starts, retries wait; what is under way continues. */
  hold(): void {
    this.held = true
  }

  release(): void {
    this.held = false
    this.wake()
    for (const partition of this.partitions.slice()) this.start(partition)
  }

  /** Waits out a backoff and, while the flow is held, for its release; false when the partition was closed. */
  async wait(ms: number, partition: AssignedPartition): Promise<boolean> {
    const backoff = partition.backoff(ms)
    this.start(partition) // in the place that it left
    await backoff
    while (this.held && !partition.isClosed) await new Promise<void>(resolve => this.waiting.push(resolve))
    return !partition.isClosed
  }

  private startOrdered(partition: AssignedPartition): void {
    if (this.held || partition.isClosed || partition.active > 0) return
    const next = partition.shift()
    if (next !== undefined) void this.run(partition, next.record, next.finish)
  }

  private startUnordered(): void {
    while (!this.held && this.mayStart()) {
      const partition = this.nextPartition()
      const next = partition?.shift()
      if (partition === undefined || next === undefined) return
      void this.run(partition, next.record, next.finish)
    }
  }

  private nextPartition(): AssignedPartition | undefined {
    const overdueMs = performance.now() - MAX_TURN_MS
    let first: AssignedPartition | undefined
    for (const partition of this.partitions) if (goesBefore(partition, first, overdueMs)) first = partition
    return first
  }

  private mayStart(): boolean {
    if (this.active >= MAX_UNORDERED_ACTIVE) return false
    let underWay = 0
    for (const partition of this.partitions) underWay += partition.underWay
    return underWay < MAX_UNORDERED_UNDER_WAY
  }

  private async run(partition: AssignedPartition, record: KafkaRecord, finish: () => void): Promise<void> {
    partition.active++
    this.active++
    try {
      await this.handle(record, partition)
      finish()
    } catch (error) {
      if (!(error instanceof DeliveryAbandoned)) throw error
    } finally {
      partition.active--
      this.active--
      this.start(partition)
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

/** Whoever has waited too long for its turn, longest first; then the oldest record; of equally old ones in turn. */
function goesBefore(one: AssignedPartition, other: AssignedPartition | undefined, overdueMs: number): boolean {
  if (one.next === undefined) return false
  if (other?.next === undefined) return true
  const hasWaitedLonger = one.waitsSinceMs < other.waitsSinceMs
  if (Math.min(one.waitsSinceMs, other.waitsSinceMs) < overdueMs) return hasWaitedLonger
  const difference = one.next.writtenMs - other.next.writtenMs
  return difference === 0 ? hasWaitedLonger : difference < 0
}
