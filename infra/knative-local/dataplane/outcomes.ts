// How the records of an egress ended: counted for the status, and told where something went wrong.
import type { Logger } from 'pino'
import type { Outcome } from './dispatch.ts'
import type { KafkaRecord } from './record.ts'

/** A rate over less than this says little. */
const MIN_RATE_SPAN_MS = 500

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
  private measured = { delivered: 0, atMs: performance.now() }

  constructor(log: Logger) {
    this.log = log
  }

  count(outcome: Outcome, { topic, partition, offset }: KafkaRecord): void {
    const at = { topic, partition, offset }
    switch (outcome.end) {
      case 'delivered':
        this.delivered++
        return
      case 'filtered':
        this.filtered++
        return
      case 'dead-lettered':
        this.deadLettered++
        this.log.warn({ ...at, error: outcome.error }, `dead letter from ${topic}/${partition}@${offset}`)
        break
      case 'dropped':
        this.dropped++
        this.log.error({ ...at, error: outcome.error }, `LOST ${topic}/${partition}@${offset}: nobody took it`)
        break
      case 'discarded':
        this.discarded++
        this.log.error({ ...at, error: outcome.error }, `DISCARDED ${topic}/${partition}@${offset}`)
    }
    this.lastError = outcome.error
  }

  measureRate(): void {
    const nowMs = performance.now()
    const spanMs = nowMs - this.measured.atMs
    if (spanMs < MIN_RATE_SPAN_MS) return
    this.rate = Math.round(((this.delivered - this.measured.delivered) * 1000) / spanMs)
    this.measured = { delivered: this.delivered, atMs: nowMs }
  }
}
