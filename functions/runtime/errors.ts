// What a failure means. Anything that is not one of these may succeed when it is tried again.
import { isDataRefused } from './host/database-errors.ts'
import type { Transaction } from './host/database.ts'

/** What is missing for an event to succeed. */
export interface Awaited {
  /** Names it, such as `user:user-9`: whoever sees it appear marks the letters that wait for this key as due. */
  readonly key: string
  /** Whether it has appeared since the handler missed it. */
  isThere(tx: Transaction): Promise<boolean>
}

/** The same bytes will fail again: Knative sends such an event to the dead letter sink without another try. */
export class PermanentFailure extends Error {
  readonly code = 'PERMANENT_FAILURE'
  /** A word for filters, such as `user-not-found`. */
  readonly reason: string
  readonly class: 'invalid' | 'permanent' = 'permanent'
  /** What would let the event succeed once it appears. */
  readonly waitsFor?: Awaited

  constructor(reason: string, message: string, options: { waitsFor?: Awaited } = {}) {
    super(message)
    this.reason = reason
    this.waitsFor = options.waitsFor
  }
}

/** The event itself is wrong: it cannot be decoded, or is not what the function takes. */
export class InvalidEvent extends PermanentFailure {
  override readonly class = 'invalid'

  constructor(message: string) {
    super('invalid-event', message)
  }
}

/** What an error that a handler ran into says of its event: one whose values PostgreSQL refuses is invalid. */
export function asFailure(error: unknown): unknown {
  return isDataRefused(error) ? new InvalidEvent('the database cannot keep these values') : error
}
