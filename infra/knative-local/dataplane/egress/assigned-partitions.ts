// The partitions that this member of a group reads: they come and go with the assignment, take what was fetched, and are committed.
import { AssignedPartition, type Fetching } from './assigned-partition.ts'
import { LONG_FETCH_MS } from '../group/long-fetches.ts'
import { partitionKey, type Position, type TopicPartition } from '../group/assignment.ts'
import type { OffsetsByPartition } from '../group/group-offsets.ts'
import type { RecordFlow } from './record-flow.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import type { AssignmentStatus } from '../status/status.ts'

/** A partition that is fetched has an answer by then. */
const FETCHED_WITHIN_MS = LONG_FETCH_MS + 1000

export class AssignedPartitions {
  private readonly flow: RecordFlow
  private readonly fetching: Fetching
  private readonly partitions = new Map<string, AssignedPartition>()
  /** Lost while a request was under way: the same one is not read again here before that has ended. */
  private readonly leaving = new Map<string, AssignedPartition>()

  constructor(flow: RecordFlow, fetching: Fetching) {
    this.flow = flow
    this.fetching = fetching
  }

  get size(): number {
    return this.partitions.size
  }

  get requestsInFlight(): number {
    return Array.from(this.partitions.values()).reduce((sum, { requestsInFlight }) => sum + requestsInFlight, 0)
  }

  *positions(): Iterable<Position> {
    for (const { topic, partition, tracker } of this.partitions.values())
      yield { topic, partition, position: tracker.next }
  }

  status(): AssignmentStatus[] {
    return Array.from(this.partitions.values(), ({ topic, partition, tracker, committed, highWatermark }) => ({
      topic,
      partition,
      position: tracker.next,
      committed,
      lag: Math.max(0, highWatermark - committed)
    }))
  }

  /** Kafka has given out what there is, even if it is nothing. */
  fetched(partition: TopicPartition, highWatermark: number): void {
    const assigned = this.partitions.get(partitionKey(partition))
    if (assigned === undefined) return
    assigned.fetchedAtMs = performance.now()
    assigned.highWatermark = Math.max(assigned.highWatermark, highWatermark)
  }

  /** Those of which no fetch says where their logs end now. */
  withoutFetches(): TopicPartition[] {
    const since = performance.now() - FETCHED_WITHIN_MS
    return [...this.partitions.values()].filter(
      ({ isPaused, fetchedAtMs = -Infinity }) => isPaused || fetchedAtMs < since
    )
  }

  /** Why it is not known yet whether all may be read. */
  unfetched(): string | undefined {
    const waiting = [...this.partitions.values()].find(({ fetchedAtMs }) => fetchedAtMs === undefined)
    return waiting && `${partitionKey(waiting)} is fetched for the first time`
  }

  /** Those that are not kept are lost. */
  keep(kept: readonly TopicPartition[]): void {
    const keys = new Set(kept.map(partitionKey))
    for (const partition of this.partitions.values()) {
      if (!keys.has(partitionKey(partition))) this.lose(partition)
    }
  }

  /** From these positions, whatever was read of them before. */
  add(positions: readonly Position[]): void {
    for (const position of positions) {
      const before = this.partitions.get(partitionKey(position))
      if (before !== undefined) this.lose(before)
      const partition = new AssignedPartition(position, position.position, this.fetching)
      this.partitions.set(partitionKey(position), partition)
      this.flow.add(partition)
    }
    this.flow.release()
  }

  loseAll(): void {
    this.keep([])
  }

  receive(at: TopicPartition, records: readonly KafkaRecord[], next: number, highWatermark: number): void {
    const partition = this.partitions.get(partitionKey(at))
    if (partition === undefined) return
    for (const record of records) partition.push(record)
    partition.tracker.skipTo(next)
    partition.highWatermark = Math.max(partition.highWatermark, highWatermark)
    this.flow.start(partition)
  }

  seeHighWatermarks(ends: OffsetsByPartition): void {
    for (const [key, end] of ends) {
      const partition = this.partitions.get(key)
      if (partition !== undefined) partition.highWatermark = Math.max(partition.highWatermark, end)
    }
  }

  /** Resolves when no request is under way for a partition of this name that was lost before. */
  async left(partition: TopicPartition): Promise<void> {
    await this.leaving.get(partitionKey(partition))?.requestsDone()
  }

  /** Commits what is finished; `commit` answers whether Kafka has taken it. */
  async commit(commit: (offsets: readonly Position[]) => Promise<boolean>): Promise<void> {
    const behind = [...this.partitions.values()].filter(({ tracker, committed }) => tracker.committable > committed)
    const offsets = behind.map(({ topic, partition, tracker }) => ({ topic, partition, position: tracker.committable }))
    if (behind.length === 0 || !(await commit(offsets))) return
    for (const [i, partition] of behind.entries()) partition.committed = offsets[i]?.position ?? partition.committed
  }

  async requestsDone(withinMs: number): Promise<void> {
    const partitions = [...this.partitions.values()]
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, withinMs)
    await Promise.race([Promise.all(partitions.map(partition => partition.requestsDone())), timeout.promise])
    clearTimeout(timer)
    // Lets what follows a finished request, such as marking its offset, come first.
    await new Promise(resolve => setImmediate(resolve))
  }

  private lose(partition: AssignedPartition): void {
    const key = partitionKey(partition)
    this.partitions.delete(key)
    this.flow.remove(partition)
    if (partition.requestsInFlight > 0) void this.leave(key, partition)
  }

  private async leave(key: string, partition: AssignedPartition): Promise<void> {
    this.leaving.set(key, partition)
    await partition.requestsDone()
    if (this.leaving.get(key) === partition) this.leaving.delete(key)
  }
}
