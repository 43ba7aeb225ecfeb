// Sending an event again as a span of that event's trace, linked to what it is about: the attempt that failed, the request that
// asked for it. What failed and what was done about it are one story, however much later.
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { names } from '../runtime/host/tracing/attribute-names.ts'
import { areSpansMade, type Attributes, currentSpan, inSpan } from '../runtime/host/tracing/spans.ts'
import type { SendResult } from './send-event.ts'

export interface Sending {
  /** In a word: `replay`, `retry`, `release`. */
  readonly what: string
  readonly function: string
  readonly attributes: EventAttributes
  readonly facts?: Attributes
  /** The traceparent of what failed at first; asked for only where spans are made. */
  failed?(): Promise<string | undefined>
}

export async function inSendSpan(
  { what, function: functionName, attributes, facts = {}, failed }: Sending,
  send: () => Promise<SendResult>
): Promise<SendResult> {
  if (!areSpansMade()) return send()
  const { traceparent, id, type, subject } = attributes
  const links = [(await failed?.()) ?? traceparent, currentSpan()?.traceparent]
  return inSpan(`${what} to ${functionName}`, { kind: 'client', parent: traceparent, links }, async span => {
    const result = await send()
    span?.set({
      [names.eventId]: id,
      [names.eventType]: type,
      [names.eventSubject]: subject,
      ...facts,
      ...(result.status !== null && { [names.httpStatus]: result.status })
    })
    if (result.outcome !== 'done') span?.fail(result.detail, result.status === null ? 'Error' : String(result.status))
    return result
  })
}
