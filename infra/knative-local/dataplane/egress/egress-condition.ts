// What an egress is doing, and why it is not ready, in the words of Knative's conditions where there are any.
import type { Logger } from 'pino'
import type { EgressStatus } from '../status/status.ts'

export class EgressCondition {
  state: EgressStatus['state'] = 'waiting'
  reason: string | undefined
  message: string | undefined = 'connecting to Kafka'
  private readonly log: Logger

  constructor(log: Logger) {
    this.log = log
  }

  /** A change is logged. */
  set(state: EgressStatus['state'], reason?: string, message?: string): void {
    if (state !== this.state || reason !== this.reason) {
      const level = reason === undefined || reason === 'Rebalancing' ? 'debug' : 'warn'
      this.log[level]({ state, reason, message }, message ?? state)
    }
    this.state = state
    this.reason = reason
    this.message = message
  }
}
