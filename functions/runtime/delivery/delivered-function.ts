import type { EventType, TypedEvent } from '../events/event-type.ts'
import type { Transaction } from '../host/database.ts'

/** What the engine knows of a function that it delivers events to. */
export interface DeliveredFunction<Data = unknown> {
  readonly name: string
  readonly accepts: readonly EventType<Data>[]
  /**
   * Called in the transaction that also records the event as handled.
   *
   * @throws PermanentFailure when the same event will fail again; anything else is tried again
   */
  handle(event: TypedEvent<Data>, context: { readonly tx: Transaction }): Promise<void>
}

/** What a function's handler is handed beside the event, made for the transaction of one delivery. */
export type ContextOf = (
  tx: Transaction,
  event: { readonly attributes: { readonly traceparent?: string } }
) => {
  readonly tx: Transaction
}
