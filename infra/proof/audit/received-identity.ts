// The source and id under which a function knows an event: what a request's headers, which hold Latin-1, make of the record's.
import { readEvent } from '../../../functions/runtime/events/received-event.ts'
import { carriedLetter, type CloudEvent, eventToRequest } from '../../knative-local/events.ts'

export interface ReceivedIdentity {
  /** As the function reads them, and records its answer or letter under them. */
  readonly source: string
  readonly id: string
  /** As they are sent, and written again to the topic of dead letters. */
  readonly sentSource: string
  readonly sentId: string
}

export function receivedIdentity(event: CloudEvent): ReceivedIdentity {
  const sent = sentAttributes(event)
  return { ...sent, ...readAttributes(sent) }
}

/** The identity as it is in the headers of a delivery, or of the dead letter where no request could carry the event. */
function sentAttributes(event: CloudEvent): { sentSource: string; sentId: string } {
  const { headers } = eventToRequest(carriedLetter({ ...event, extensions: new Map(), data: null }), '')
  const sent = (name: string): string => headers[headers.indexOf(name) + 1] ?? ''
  return { sentSource: sent('ce-source'), sentId: sent('ce-id') }
}

/** What a function makes of those headers; one that it refuses is known by them. */
function readAttributes({ sentSource, sentId }: { sentSource: string; sentId: string }): {
  source: string
  id: string
} {
  try {
    const headers = { 'ce-specversion': '1.0', 'ce-type': 'any', 'ce-source': sentSource, 'ce-id': sentId }
    const { source, id } = readEvent(headers, Buffer.alloc(0))
    return { source, id }
  } catch {
    return { source: sentSource, id: sentId }
  }
}
