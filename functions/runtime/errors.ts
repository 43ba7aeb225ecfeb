// What a failure means. Anything that is not one of these may succeed when it is tried again.

/** The same bytes will fail again: Knative sends such an event to the dead letter sink without another try. */
export class PermanentFailure extends Error {
  readonly code = 'PERMANENT_FAILURE'
  /** A word for filters, such as `user-not-found`. */
  readonly reason: string
  readonly class: 'invalid' | 'permanent' = 'permanent'
  /** The user whose appearance would let the event succeed. */
  readonly waitsForUser?: string

  constructor(reason: string, message: string, options: { waitsForUser?: string } = {}) {
    super(message)
    this.reason = reason
    this.waitsForUser = options.waitsForUser
  }
}

/** The event itself is wrong: it cannot be decoded, or is not what the function takes. */
export class InvalidEvent extends PermanentFailure {
  override readonly class = 'invalid'

  constructor(message: string) {
    super('invalid-event', message)
  }
}
