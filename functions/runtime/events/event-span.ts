// The span of an event's handling: that of its request, or one of its own where that is of another trace.
import { names, ownNames } from '../host/tracing/attribute-names.ts'
import { type Attributes, currentSpan, inSpan, type Span } from '../host/tracing/spans.ts'
import { traceId, traceparentOf } from '../host/trace.ts'
import type { ReceivedEvent } from './received-event.ts'

/** A structured event names its trace in the body, so that the request's span could not be under it. */
export function inEventSpan<Result>(
  event: ReceivedEvent,
  traceparent: string | undefined,
  work: (span: Span | undefined) => Promise<Result>
): Promise<Result> {
  const request = currentSpan()
  if (request === undefined) return work(undefined)
  const named = traceId(traceparent)
  if (named !== undefined && named !== request.traceId) {
    const options = { kind: 'consumer', parent: traceparent, links: [request.traceparent] } as const
    return inSpan(nameOf(event), { ...options, attributes: attributesOf(event) }, work)
  }
  request.rename(nameOf(event))
  request.set(attributesOf(event))
  return work(request)
}

/** An event that waited is applied in its own trace, with a link to the delivery that released it and one back. */
export function inReleasedSpan<Result>(event: ReceivedEvent, work: () => Promise<Result>): Promise<Result> {
  const releasing = currentSpan()
  if (releasing === undefined) return work()
  const parent = traceparentOf(event.attributes, {})
  if (parent !== undefined) releasing.link(parent)
  const options = { kind: 'consumer', parent, links: [releasing.traceparent], attributes: attributesOf(event) } as const
  return inSpan(`${nameOf(event)} that was held`, options, async span => {
    const result = await work()
    span?.set({ [ownNames.outcome]: 'applied' })
    return result
  })
}

const nameOf = ({ type, attributes: { kafkatopic } }: ReceivedEvent): string => `process ${kafkatopic ?? type}`

function attributesOf({ id, source, type, subject, attributes }: ReceivedEvent): Attributes {
  const { kafkatopic, knativekafkapartition, knativekafkaoffset } = attributes
  return {
    [names.eventId]: id,
    [names.eventSource]: source,
    [names.eventType]: type,
    [names.eventSubject]: subject,
    [names.messagingOperation]: 'process',
    [names.messagingOperationType]: 'process',
    ...(kafkatopic !== undefined && { [names.messagingSystem]: 'kafka', [names.messagingDestination]: kafkatopic }),
    ...(knativekafkapartition !== undefined && { [names.messagingPartition]: knativekafkapartition }),
    ...(knativekafkaoffset !== undefined && { [names.messagingOffset]: Number(knativekafkaoffset) })
  }
}
