// How the records of an egress ended, and which are still being tried: counted for the status, logged where something failed.
import type { Logger } from 'pino'
import type { FailedAttempt } from '../delivery/deliver.ts'
import type { Outcome } from '../delivery/dispatch.ts'
import { lastHeader, type KafkaRecord } from '../kafka/record.ts'
import { RetryLines } from './retry-lines.ts'
import type { RetryingRecord } from '../status/status.ts'
import { spanContextOf, traceOfRecord } from '../events/trace-context.ts'

/** A rate over less than this says little. */
const MIN_RATE_SPAN_MS = 500
/** So many failures of one record may be a restart or a rebalance; more are worth a person's look. */
export const PASSING_FAILURES = 3
const MAX_LISTED = 10
/** A producer's id may be as long as a record; status and log show where the record is. */
const MAX_ID_BYTES = 1024

/** One record from its first attempt to its end. */
export interface RecordProgress {
  readonly failed: (attempt: FailedAttempt) => void
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
  private readonly retryLines: RetryLines
  private measured = { delivered: 0, atMs: performance.now() }

  constructor(log: Logger) {
    this.log = log
    this.retryLines = new RetryLines(log)
  }

  begin(record: KafkaRecord, deadLetterSink?: string): RecordProgress {
    return {
      failed: attempt => this.failed(record, attempt, attempt.url === deadLetterSink),
      end: () => void this.failing.delete(record)
    }
  }

  retrying(): RetryingRecord[] {
    return [...this.failing.values()].toSorted((a, b) => b.failures - a.failures).slice(0, MAX_LISTED)
  }

  count(outcome: Outcome, record: KafkaRecord): void {
    if (outcome.end === 'delivered') return void this.delivered++
    if (outcome.end === 'filtered') return void this.filtered++
    const at = placeOf(record)
    const place = describePlace(at)
    switch (outcome.end) {
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

  /** Records that Kafka holds and nobody can decode. */
  countUnreadable(records: number, place: string, reason: string): void {
    this.dropped += records
    this.lastError = `${place} cannot be read: ${reason}`
    this.log.error({ error: reason }, `LOST ${place}: it cannot be read`)
  }

  measureRate(): void {
    const nowMs = performance.now()
    const spanMs = nowMs - this.measured.atMs
    if (spanMs < MIN_RATE_SPAN_MS) return
    this.rate = Math.round(((this.delivered - this.measured.delivered) * 1000) / spanMs)
    this.measured = { delivered: this.delivered, atMs: nowMs }
  }

  private failed(record: KafkaRecord, failed: FailedAttempt, atDeadLetterSink: boolean): void {
    const { attempt, of, url, how, nextInMs } = failed
    const at = placeOf(record)
    const place = describePlace(at)
    const error = `${url} ${how}`
    this.lastError = `${place}: ${error}`
    if (nextInMs !== undefined) {
      this.retries++
      const before = this.failing.get(record)
      const failures = (before?.failures ?? 0) + 1
      this.failing.set(record, { ...at, failures, since: before?.since ?? new Date().toISOString(), error })
    }
    // The first failed attempt and the last one: what lies between says nothing new. An only one is followed by its outcome's line.
    if (nextInMs === undefined ? attempt === 1 : attempt > 1) return
    this.retryLines.write(
      nextInMs === undefined ? 'warn' : 'info',
      { ...at, url, attempt, of, nextInMs },
      `${place}: attempt ${attempt} of ${of}${atDeadLetterSink ? ' at the dead letter sink' : ''} ${how}; ${
        nextInMs === undefined ? 'it was the last' : `next in ${nextInMs / 1000} s`
      }`
    )
  }
}

function placeOf(record: KafkaRecord) {
  const { topic, partition, offset } = record
  const eventId = lastHeader(record, 'ce_id')?.toString('utf8', 0, MAX_ID_BYTES)
  const traceId = spanContextOf(traceOfRecord(record))?.traceId
  return {
    topic,
    partition,
    offset,
    ...(eventId !== undefined && { eventId }),
    ...(traceId !== undefined && { traceId })
  }
}

export function describePlace({ topic, partition, offset }: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>) {
  return `${topic}/${partition}@${offset}`
}
