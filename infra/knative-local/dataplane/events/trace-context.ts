// W3C trace context and baggage travel beside an event, as HTTP headers or Kafka headers of the same names: the trace continues
// under its id with a span of ours, and what comes with it is passed on, by the rules of the original's OpenTelemetry.
// https://www.w3.org/TR/trace-context/ https://www.w3.org/TR/baggage/
import type { KafkaRecord } from '../kafka/record.ts'

/** The headers to send on, traceparent first; none without a valid traceparent. */
export type TraceHeaders = readonly (readonly [name: string, value: string])[]

/** What came in, before its span is replaced. */
export interface Trace {
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
  readonly baggage?: string | undefined
}

/** A version after 00 may have more fields, which are not passed on. */
const traceparent = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:(?<!^00.{53})-.*)?$/
const onlyZeros = /^0+$/
/** Limits and forms of the two specifications; of a tracestate they ask for 512 bytes at least. */
const MAX_TRACESTATE_MEMBERS = 32
const MAX_TRACESTATE_BYTES = 4096
const MAX_BAGGAGE_BYTES = 8192
const tracestateMember =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const baggageMember = /^[\w!#$%&'*+\-.^`|~]+[ \t]*=[\x20-\x2b\x2d-\x7e\t]*$/

/** `headers`: names and values in turn, as received by HTTP. */
export function traceOfHttp(headers: readonly string[]): Trace {
  return traceOf(name => {
    for (let i = 0; i + 1 < headers.length; i += 2) {
      if (headers[i]?.toLowerCase() === name) return headers[i + 1]
    }
    return undefined
  })
}

export function traceOfRecord({ headers }: KafkaRecord): Trace {
  return traceOf(name =>
    headers.find(([key]) => key.length === name.length && key.toLowerCase() === name)?.[1]?.toString('utf8')
  )
}

export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

/** Undefined without a valid traceparent. */
export function spanContextOf(trace: Trace): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.exec(trace.traceparent ?? '') ?? []
  if (traceId === '' || onlyZeros.test(traceId) || onlyZeros.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

/** Each call is another span. */
export function continueTrace(trace: Trace): TraceHeaders {
  const parent = spanContextOf(trace)
  if (parent === undefined) return []
  const { traceId, traceFlags } = parent
  const flags = traceFlags.toString(16).padStart(2, '0')
  const headers: [string, string][] = [['traceparent', `00-${traceId}-${randomSpanId()}-${flags}`]]
  const tracestate = validTracestate(trace.tracestate ?? '')
  if (tracestate !== '') headers.push(['tracestate', tracestate])
  const baggage = validBaggage(trace.baggage ?? '')
  if (baggage !== '') headers.push(['baggage', baggage])
  return headers
}

function traceOf(header: (name: string) => string | undefined): Trace {
  return { traceparent: header('traceparent'), tracestate: header('tracestate'), baggage: header('baggage') }
}

/** As random as OpenTelemetry's own are, and never the invalid one of zeros. */
const randomSpanId = (): string => half() + half()
const half = (): string => (1 + Math.floor(Math.random() * 0xffff_ffff)).toString(16).padStart(8, '0')

/** One member that is wrong makes all of it worth nothing. */
function validTracestate(text: string): string {
  if (text.length > MAX_TRACESTATE_BYTES) return ''
  const members = text.split(',').map(member => member.trim())
  return members.length <= MAX_TRACESTATE_MEMBERS && members.every(member => tracestateMember.test(member))
    ? members.join(',')
    : ''
}

/** Members that are wrong are left out. */
function validBaggage(text: string): string {
  if (text.length > MAX_BAGGAGE_BYTES) return ''
  return text
    .split(',')
    .map(member => member.trim())
    .filter(member => baggageMember.test(member))
    .join(',')
}
