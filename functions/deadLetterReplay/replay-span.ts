// A replay as a span of its event's trace, linked to where that event came from: what failed and what was done about it are one
// story, however much later.
import { names, ownNames } from '../runtime/host/tracing/attribute-names.ts'
import { inSpan } from '../runtime/host/tracing/spans.ts'
import type { LeasedLetter } from './lease-letters.ts'
import type { SendResult } from './send-event.ts'

export function inReplaySpan(letter: LeasedLetter, send: () => Promise<SendResult>): Promise<SendResult> {
  const { traceparent, id, type, subject } = letter.attributes
  const options = { kind: 'client', parent: traceparent, links: [traceparent] } as const
  return inSpan(`replay to ${letter.function}`, options, async span => {
    const result = await send()
    span?.set({
      [ownNames.letter]: letter.letterId,
      [ownNames.replayJob]: letter.jobId,
      [names.eventId]: id,
      [names.eventType]: type,
      [names.eventSubject]: subject,
      ...(letter.tries > 1 && { [names.httpResend]: letter.tries - 1 }),
      ...(result.status !== null && { [names.httpStatus]: result.status })
    })
    if (result.outcome !== 'done') span?.fail(result.detail, result.status === null ? 'Error' : String(result.status))
    return result
  })
}
