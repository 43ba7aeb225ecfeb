// One record from Kafka to its end: event, filter, subscriber, reply, dead letter. Knows neither Kafka clients nor HTTP clients.
//
//   record ─▶ event ─▶ filter ─▶ subscriber ──────────▶ delivered ─▶ (Trigger) reply to the Broker's topic
//               │         │          └─ failed ─▶ dead letter sink ─▶ dead-lettered
//               └─────────┴─▶ discarded, filtered             └─ failed or none ─▶ dropped
//
// Every end commits the record, as in Knative; `dropped` and `discarded` are losses and are reported as such.
import { carriedLetter } from '../events/carried-letter.ts'
import type { CloudEvent } from '../events/cloud-event.ts'
import { deadLetter } from './dead-letter.ts'
import { deliver, DeliveryAbandoned, type DeliveryPorts, type SinkResponse } from './deliver.ts'
import type { Egress } from '../egress/egress.ts'
import { eventToRequest, UnsendableEvent } from '../events/event-to-request.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import { recordToEvent } from '../events/record-to-event.ts'
import { readReply } from './reply.ts'
import { continueTrace, traceOfRecord, type Trace } from '../events/trace-context.ts'

export type Outcome =
  | { readonly end: 'delivered' | 'filtered' }
  | { readonly end: 'dead-lettered' | 'dropped' | 'discarded'; readonly error: string }

export interface DispatchPorts extends DeliveryPorts {
  /** Writes a reply to the Broker's topic. */
  readonly reply: (topic: string, event: CloudEvent, trace: Trace) => Promise<void>
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
    // FilterFailure, where the original fails too, or whatever else this one event brings about.
    return { end: 'discarded', error: (error as Error).message }
  }

  const trace = traceOfRecord(record)
  const failure = await sendTo(sinks.subscriber, event, trace, egress, ports)
  if (failure === undefined) return { end: 'delivered' }
  if (sinks.deadLetter === undefined) {
    return { end: 'dropped', error: `${failure.error}; there is no dead letter sink` }
  }
  const { response, error, isUnsendable } = failure
  const letter = carriedLetter(deadLetter(event, sinks.subscriber, response, isUnsendable ? error : undefined))
  const second = await sendTo(sinks.deadLetter, letter, trace, egress, ports)
  if (second === undefined) return { end: 'dead-lettered', error: failure.error }
  return { end: 'dropped', error: `${failure.error}; dead letter sink: ${second.error}` }
}

interface Failure {
  readonly error: string
  readonly response?: SinkResponse | undefined
  readonly isUnsendable?: true
}

/**
 * The failure, or undefined. The dead letter sink is treated like the subscriber, replies included. Whatever is thrown on the way,
 * UnsendableEvent or a defect of ours, is the failure of this one event.
 */
async function sendTo(
  url: string,
  event: CloudEvent,
  trace: Trace,
  egress: Egress,
  ports: DispatchPorts
): Promise<Failure | undefined> {
  try {
    const request = eventToRequest(event, egress.namespace, continueTrace(trace))
    const result = await deliver(url, request, egress.delivery, ports)
    if (!result.delivered) return result
    return egress.replyTopic === undefined
      ? undefined
      : await passOnReply(url, result.response, egress.replyTopic, trace, ports)
  } catch (error) {
    if (error instanceof DeliveryAbandoned) throw error
    const { message } = error as Error
    return error instanceof UnsendableEvent ? { error: message, isUnsendable: true } : { error: message }
  }
}

async function passOnReply(
  url: string,
  response: SinkResponse,
  topic: string,
  trace: Trace,
  ports: DispatchPorts
): Promise<Failure | undefined> {
  const reply = readReply(response)
  if ('invalid' in reply) return { error: `${url}: ${reply.invalid}` }
  if (reply.event === undefined) return undefined
  try {
    await ports.reply(topic, reply.event, trace)
    return undefined
  } catch (error) {
    return { error: `${url}: the reply was not written: ${(error as Error).message}` }
  }
}
