// One record from Kafka to its end: event, filter, subscriber, reply, dead letter. Knows neither Kafka clients nor HTTP clients.
//
//   record ─▶ event ─▶ filter ─▶ subscriber ──────────▶ delivered ─▶ (Trigger) reply to the Broker's topic
//               │         │          └─ failed ─▶ dead letter sink ─▶ dead-lettered
//               └─────────┴─▶ discarded, filtered             └─ failed or none ─▶ dropped
//
// Every end commits the record, as in Knative; `dropped` and `discarded` are losses and are reported as such.
import type { CloudEvent } from './cloud-event.ts'
import { deadLetter } from './dead-letter.ts'
import { deliver, type DeliveryPorts, type DeliveryResult } from './deliver.ts'
import type { Egress } from './egress.ts'
import { eventToRequest, UnsendableEvent } from './event-to-request.ts'
import { FilterFailure } from './filter.ts'
import { lastHeader, type KafkaRecord } from './record.ts'
import { recordToEvent } from './record-to-event.ts'
import { readReply } from './reply.ts'
import { continueTrace } from './trace-context.ts'

export type Outcome =
  | { readonly end: 'delivered' | 'filtered' }
  | { readonly end: 'dead-lettered' | 'dropped' | 'discarded'; readonly error: string }

export interface DispatchPorts extends DeliveryPorts {
  /** Writes a reply to the Broker's topic. */
  readonly reply: (topic: string, event: CloudEvent, traceparent: string | undefined) => Promise<void>
}

export interface Sinks {
  readonly subscriber: string
  readonly deadLetter?: string | undefined
}

export async function dispatch(
  record: KafkaRecord,
  egress: Egress,
  sinks: Sinks,
  ports: DispatchPorts
): Promise<Outcome> {
  const event = recordToEvent(record, egress.mapping)
  if (event === undefined) return { end: 'discarded', error: 'not a CloudEvent' }
  try {
    if (!egress.filter(event)) return { end: 'filtered' }
  } catch (error) {
    if (error instanceof FilterFailure) return { end: 'discarded', error: error.message }
    throw error
  }

  const trace = lastHeader(record, 'traceparent')?.toString('latin1')
  const failure = await sendTo(sinks.subscriber, event, trace, egress, ports)
  if (failure === undefined) return { end: 'delivered' }
  if (sinks.deadLetter === undefined) {
    return { end: 'dropped', error: `${failure.error}; there is no dead letter sink` }
  }
  const letter = deadLetter(event, sinks.subscriber, failure.response)
  const second = await sendTo(sinks.deadLetter, letter, trace, egress, ports)
  if (second === undefined) return { end: 'dead-lettered', error: failure.error }
  return { end: 'dropped', error: `${failure.error}; dead letter sink: ${second.error}` }
}

type Failure = Pick<DeliveryResult & { delivered: false }, 'response' | 'error'>

/** The failure, or undefined. The dead letter sink is treated like the subscriber, replies included. */
async function sendTo(
  url: string,
  event: CloudEvent,
  trace: string | undefined,
  egress: Egress,
  ports: DispatchPorts
): Promise<Failure | undefined> {
  let result: DeliveryResult
  try {
    const request = eventToRequest(event, egress.namespace, continueTrace(trace))
    result = await deliver(url, request, egress.delivery, ports)
  } catch (error) {
    if (error instanceof UnsendableEvent) return { error: error.message }
    throw error
  }
  if (!result.delivered) return result
  if (egress.replyTopic === undefined) return undefined
  const reply = readReply(result.response)
  if ('invalid' in reply) return { error: `${url}: ${reply.invalid}` }
  if (reply.event === undefined) return undefined
  try {
    await ports.reply(egress.replyTopic, reply.event, trace)
    return undefined
  } catch (error) {
    return { error: `${url}: the reply was not written: ${(error as Error).message}` }
  }
}
