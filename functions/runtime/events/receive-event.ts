// The one place that turns what became of a delivery into what Knative understands.
//
//   204  done                 an empty body: a Trigger would dead-letter any other body that is not an event
//   400  not a CloudEvent
//   422  permanent            Knative goes straight to the dead letter sink; never 404, 408, 409 or 429, which it retries
//   503  try again
//
// Response headers `kne-NAME` become the extension NAME on the dead letter.
// https://github.com/knative-extensions/eventing-kafka-broker: RecordDispatcherImpl, WebClientCloudEventSender
import { describeError } from '../host/database-errors.ts'
import { asFailure, PermanentFailure } from '../errors.ts'
import type { FunctionAnswer, FunctionRequest } from '../host/http-server.ts'
import type { Log } from '../host/log.ts'
import { Problem, unavailable } from '../host/problem.ts'
import { NotACloudEvent, readEvent, type ReceivedEvent } from './received-event.ts'
import { inEventSpan } from './event-span.ts'
import { ownNames } from '../host/tracing/attribute-names.ts'
import { failWith } from '../host/tracing/spans.ts'
import { traceId, traceparentOf } from '../host/trace.ts'

/** Of a header value: Knative makes an event attribute of it. */
const maxHeaderLength = 256

export interface Handled {
  /** A word for the log. */
  readonly outcome: string
  /** An event for whoever delivered this one; 204 without. */
  readonly answer?: FunctionAnswer
}

/** @throws Problem for 400 and 503; answers 204 and 422 itself */
export async function receiveEvent(
  functionName: string,
  log: Log,
  request: FunctionRequest,
  handle: (event: ReceivedEvent, traceparent: string | undefined) => Promise<Handled>
): Promise<FunctionAnswer> {
  const event = read(request)
  const traceparent = traceparentOf(event.attributes, request.headers)
  const facts = {
    eventId: event.id,
    type: event.type,
    subject: event.subject,
    sequence: event.attributes.sequence,
    ...recordOf(event.attributes),
    traceId: traceId(traceparent)
  }
  return inEventSpan(event, traceparent, async span => {
    try {
      const { outcome, answer } = await handle(event, traceparent)
      span?.set({ [ownNames.outcome]: outcome })
      log.debug({ ...facts, outcome }, 'delivered')
      return answer ?? { status: 204 }
    } catch (thrown) {
      const error = permanent(thrown)
      if (span) failWith(span, error)
      if (error instanceof PermanentFailure) {
        span?.set({ [ownNames.outcome]: 'failed', [ownNames.reason]: error.reason })
        log.warn({ ...facts, reason: error.reason, detail: error.message }, 'failed permanently')
        return {
          status: 422,
          headers: {
            'content-type': 'application/problem+json',
            'kne-function': functionName,
            'kne-class': error.class,
            'kne-reason': error.reason,
            'kne-detail': headerSafe(error.message)
          },
          body: { type: `urn:problem:${error.reason}`, title: 'Failed permanently', status: 422, detail: error.message }
        }
      }
      log.warn({ ...facts, ...describeError(error) }, 'failed for now')
      throw unavailable('the event could not be handled now; deliver it again')
    }
  })
}

/** Which record in Kafka it was: Knative says partition and offset, the writer of the record its topic. */
function recordOf({ kafkatopic, knativekafkapartition, knativekafkaoffset }: ReceivedEvent['attributes']) {
  return { topic: kafkatopic, partition: asNumber(knativekafkapartition), offset: asNumber(knativekafkaoffset) }
}

function asNumber(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}

/** A command that came as an event has nobody to hear a 404 or a 409, and Knative would try those again. */
function permanent(error: unknown): unknown {
  if (error instanceof Problem && error.status < 500) return new PermanentFailure(error.type, error.message)
  return asFailure(error)
}

function read(request: FunctionRequest): ReceivedEvent {
  try {
    return readEvent(request.headers, request.body)
  } catch (error) {
    if (error instanceof NotACloudEvent) throw new Problem(400, 'not-a-cloudevent', 'Not a CloudEvent', error.message)
    throw error
  }
}

/** Header values are printable ASCII: everything else is shown as "?". */
function headerSafe(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, maxHeaderLength)
}
