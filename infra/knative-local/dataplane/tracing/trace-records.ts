// The data plane's spans: a record's way into Kafka, each attempt to deliver it, and each write of a Broker or a KafkaSink.
// https://opentelemetry.io/docs/specs/semconv/messaging/ https://opentelemetry.io/docs/specs/semconv/cloudevents/
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as traceApi,
  TraceFlags,
  type Tracer
} from '@opentelemetry/api'
import { names } from '../../traces/attribute-names.ts'
import { DeliveryAbandoned, type Send } from '../delivery/deliver.ts'
import type { EventRequest } from '../events/event-to-request.ts'
import type { Observer } from '../observer.ts'
import { lastHeader, type KafkaRecord } from '../kafka/record.ts'
import {
  continueTrace,
  type SpanContext,
  spanContextOf,
  type Trace,
  type TraceHeaders,
  traceOfRecord
} from '../events/trace-context.ts'
import type { Tracing } from './start-tracing.ts'

/** Of records whose way into Kafka has its span, so that a second group does not make another one. */
const maxRemembered = 10_000
/** A record that says it was written longer ago was not: its producer's clock is wrong, or it was sent again. */
const maxWayMs = 24 * 3_600_000

export function traceRecords({ tracer, failedToo, counts, close }: Tracing): Observer {
  const arrivals = rememberArrivals(tracer)
  return {
    attempts(record, group, send) {
      const trace = traceOfRecord(record)
      const parent = spanContextOf(trace)
      const context = contextOf(parent)
      const failures = new Map<string, number>()
      const begin = (url: string, request: EventRequest, startTime?: number): Span => {
        const before = failures.get(url) ?? 0
        const attributes = {
          ...ofDelivery(record, group, url, request),
          ...(before > 0 && { [names.httpResend]: before })
        }
        failures.set(url, before + 1) // read only when it was one
        return tracer.startSpan(`deliver ${record.topic}`, { kind: SpanKind.CLIENT, attributes, startTime }, context)
      }
      const attempt: Send = (url, request, timeoutMs) => {
        const span = begin(url, request)
        return endWith(span, () => send(url, withTraceparent(request, span), timeoutMs))
      }
      if (!failedToo || parent === undefined || (parent.traceFlags & TraceFlags.SAMPLED) !== 0) {
        arrivals(record, trace, context)
        return attempt
      }
      // Another attempt sends the same request, and must be a span of its own.
      const firstAttempt = sendQuietly(send, begin)
      return (...attempted) => (failures.size > 0 ? attempt : firstAttempt)(...attempted)
    },
    async write(topic, trace, write) {
      const attributes = {
        ...ofKafka(topic),
        [names.messagingOperation]: 'send',
        [names.messagingOperationType]: 'send'
      }
      const context = contextOf(spanContextOf(trace))
      const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, context)
      try {
        await write(headersOf(trace, span))
      } catch (error) {
        fail(span, (error as Error).message)
        throw error
      } finally {
        span.end()
      }
    },
    close,
    counts
  }
}

/** Of a trace that is not sent: there is a span once the attempt has failed, under the id that it went with. */
function sendQuietly(send: Send, begin: (url: string, request: EventRequest, startTime: number) => Span): Send {
  return async (url, request, timeoutMs) => {
    const startTime = Date.now()
    const attempt = send(url, request, timeoutMs)
    const hasFailed = await attempt.then(
      ({ status }) => status >= 300,
      error => !(error instanceof DeliveryAbandoned)
    )
    if (!hasFailed) return attempt
    const span = begin(url, request, startTime)
    const spanContext = spanContextOf({ traceparent: headerOf(request, 'traceparent') }) ?? span.spanContext()
    return endWith(Object.assign(span, { spanContext: () => spanContext }), () => attempt)
  }
}

async function endWith(span: Span, send: () => ReturnType<Send>): ReturnType<Send> {
  try {
    const response = await send()
    span.setAttribute(names.httpStatus, response.status)
    if (response.status >= 300) fail(span, `answered ${response.status}`, String(response.status))
    return response
  } catch (error) {
    if (error instanceof DeliveryAbandoned) span.addEvent('the partition is gone: another member delivers the record')
    else fail(span, (error as Error).message)
    throw error
  } finally {
    span.end()
  }
}

function fail(span: Span, message: string, type = 'Error'): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.setAttribute(names.errorType, type)
}

const ofKafka = (topic: string): Attributes => ({
  [names.messagingSystem]: 'kafka',
  [names.messagingDestination]: topic
})

function ofDelivery(record: KafkaRecord, group: string, url: string, request: EventRequest): Attributes {
  const header = (name: string): string | undefined => headerOf(request, name)
  return {
    ...ofKafka(record.topic),
    [names.messagingOperation]: 'deliver',
    [names.messagingOperationType]: 'process',
    [names.messagingPartition]: String(record.partition),
    [names.messagingOffset]: record.offset,
    [names.messagingGroup]: group,
    [names.eventId]: header('ce-id'),
    [names.eventSource]: header('ce-source'),
    [names.eventType]: header('ce-type'),
    [names.eventSubject]: header('ce-subject'),
    [names.httpMethod]: 'POST',
    [names.url]: url
  }
}

function headerOf({ headers }: EventRequest, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1]
  return undefined
}

/**
 * From the moment that an event was made to that at which its record was written, seen by the first who reads it. Only of a
 * record that the event's own producer wrote (a relay of an outbox, for instance): its header is then the event's attribute.
 */
function rememberArrivals(tracer: Tracer): (record: KafkaRecord, trace: Trace, parent: Context) => void {
  const seen = new Set<string>()
  return (record, trace, parent) => {
    if (trace.traceparent === undefined || lastHeader(record, 'ce_traceparent')?.toString() !== trace.traceparent)
      return
    const key = `${record.topic}/${record.partition}@${record.offset}`
    if (seen.has(key)) return
    seen.add(key)
    if (seen.size > maxRemembered) seen.delete(seen.values().next().value ?? '')
    const startMs = Date.parse(lastHeader(record, 'ce_time')?.toString() ?? '')
    const endMs = Number(record.timestampMs)
    if (!(startMs <= endMs && endMs - startMs < maxWayMs)) return
    const attributes = {
      ...ofKafka(record.topic),
      [names.messagingOperation]: 'send',
      [names.messagingOperationType]: 'send',
      [names.messagingPartition]: String(record.partition),
      [names.messagingOffset]: record.offset,
      [names.eventId]: lastHeader(record, 'ce_id')?.toString()
    }
    const options = { kind: SpanKind.PRODUCER, attributes, startTime: startMs }
    tracer.startSpan(`send ${record.topic}`, options, parent).end(endMs)
  }
}

function contextOf(parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : traceApi.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** What travels on beside it stays as it is. */
function headersOf(trace: Trace, span: Span): TraceHeaders {
  const others = continueTrace(trace).filter(([name]) => name !== 'traceparent')
  return [['traceparent', traceparentOf(span)], ...others]
}

function withTraceparent(request: EventRequest, span: Span): EventRequest {
  const headers = [...request.headers]
  const at = headers.findIndex((text, index) => index % 2 === 0 && text === 'traceparent')
  if (at < 0) headers.push('traceparent', traceparentOf(span))
  else headers[at + 1] = traceparentOf(span)
  return { ...request, headers }
}
