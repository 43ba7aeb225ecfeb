// How the records of an egress ended, and which are still being tried: counted for the status, logged where something failed.
import type { Logger } from 'pino'
import type { Outcome } from './dispatch.ts'
import { lastHeader, type KafkaRecord } from './record.ts'
import type { RetryingRecord } from './status.ts'

/** A rate over less than this says little. */
const MIN_RATE_SPAN_MS = 500
/** So many failures of one record may be a restart or a rebalance; more are worth a person's look. */
export const PASSING_FAILURES = 3
const MAX_LISTED = 10

/** One record from its first attempt to its end. */
export interface RecordProgress {
  readonly failed: (error: string) => void
  readonly end: () => void
}

export class Outcomes {
  delivered = 0
  filtered = 0
  retries = 0
  deadLettered = 0
  dropped = 0
  discarded = 0
  /** Delivered per second, in the last span that was measured. */
  rate = 0
  lastError: string | undefined
  private readonly log: Logger
  /** As many as have a request or a backoff under way: record-flow.ts bounds them. */
  private readonly failing = new Map<KafkaRecord, RetryingRecord>()
  private measured = { delivered: 0, atMs: performance.now() }

  constructor(log: Logger) {
    this.log = log
  }

  begin(record: KafkaRecord): RecordProgress {
    return {
      failed: error => this.failed(record, error),
      end: () => void this.failing.delete(record)
    }
  }

  retrying(): RetryingRecord[] {
    return [...this.failing.values()].toSorted((a, b) => b.failures - a.failures).slice(0, MAX_LISTED)
  }

  count(outcome: Outcome, record: KafkaRecord): void {
    const at = placeOf(record)
    const place = describePlace(at)
    switch (outcome.end) {
      case 'delivered':
        this.delivered++
        return
      case 'filtered':
        this.filtered++
        return
      case 'dead-lettered':
        this.deadLettered++
        this.log.warn({ ...at, error: outcome.error }, `dead letter from ${place}`)
        break
      case 'dropped':
        this.dropped++
        this.log.error({ ...at, error: outcome.error }, `LOST ${place}: nobody took it`)
        break
      case 'discarded':
        this.discarded++
        this.log.error({ ...at, error: outcome.error }, `DISCARDED ${place}`)
    }
    this.lastError = `${place}: ${outcome.error}`
  }

  measureRate(): void {
    const nowMs = performance.now()
    const spanMs = nowMs - this.measured.atMs
    if (spanMs < MIN_RATE_SPAN_MS) return
    this.rate = Math.round(((this.delivered - this.measured.delivered) * 1000) / spanMs)
    this.measured = { delivered: this.delivered, atMs: nowMs }
  }

  private failed(record: KafkaRecord, error: string): void {
    this.retries++
    const at = placeOf(record)
    const before = this.failing.get(record)
    const failures = (before?.failures ?? 0) + 1
    this.failing.set(record, { ...at, failures, since: before?.since ?? new Date().toISOString(), error })
    this.lastError = `${describePlace(at)}: ${error}`
    if (!Number.isInteger(Math.log2(failures))) return // 1, 2, 4, 8 …: a long outage must not fill the log
    const level = failures > PASSING_FAILURES ? 'warn' : 'info'
    this.log[level](
      { ...at, failures, error },
      `delivery of ${describePlace(at)} failed ${times(failures)}, trying again`
    )
  }
}

function placeOf(record: KafkaRecord) {
  const { topic, partition, offset } = record
  const eventId = lastHeader(record, 'ce_id')?.toString('utf8')
  return { topic, partition, offset, ...(eventId !== undefined && { eventId }) }
}

export function describePlace({ topic, partition, offset }: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>) {
  return `${topic}/${partition}@${offset}`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
