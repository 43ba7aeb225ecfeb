// The spans of one OTLP request. Only what is shown is decoded.
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
import protobuf from 'protobufjs/light.js'
import type { Attributes, AttributeValue, Span } from './span.ts'
import { spanKinds } from './span.ts'

const field = (id: number, type: string, rule?: 'repeated') => ({ id, type, ...(rule && { rule }) })

const { nested } = {
  nested: {
    Request: { fields: { resourceSpans: field(1, 'ResourceSpans', 'repeated') } },
    ResourceSpans: { fields: { resource: field(1, 'Resource'), scopeSpans: field(2, 'ScopeSpans', 'repeated') } },
    Resource: { fields: { attributes: field(1, 'KeyValue', 'repeated') } },
    ScopeSpans: { fields: { spans: field(2, 'Span', 'repeated') } },
    Span: {
      fields: {
        traceId: field(1, 'bytes'),
        spanId: field(2, 'bytes'),
        parentSpanId: field(4, 'bytes'),
        name: field(5, 'string'),
        kind: field(6, 'int32'),
        startTimeUnixNano: field(7, 'fixed64'),
        endTimeUnixNano: field(8, 'fixed64'),
        attributes: field(9, 'KeyValue', 'repeated'),
        links: field(13, 'Link', 'repeated'),
        status: field(15, 'Status')
      }
    },
    Link: {
      fields: { traceId: field(1, 'bytes'), spanId: field(2, 'bytes'), attributes: field(4, 'KeyValue', 'repeated') }
    },
    Status: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: {
      // A zero, false or empty text is a value too.
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue'] } },
      fields: {
        stringValue: field(1, 'string'),
        boolValue: field(2, 'bool'),
        intValue: field(3, 'int64'),
        doubleValue: field(4, 'double'),
        arrayValue: field(5, 'ArrayValue')
      }
    },
    ArrayValue: { fields: { values: field(1, 'AnyValue', 'repeated') } }
  }
}
const Request = protobuf.Root.fromJSON({ nested }).lookupType('Request')

/** What the messages hold once they are decoded; a field that was not sent is null. */
interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] } | null
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[]
  }[]
}
interface DecodedSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly parentSpanId: Uint8Array | null
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: Long
  readonly endTimeUnixNano: Long
  readonly attributes: readonly KeyValue[]
  readonly links: readonly {
    readonly traceId: Uint8Array
    readonly spanId: Uint8Array
    readonly attributes: readonly KeyValue[]
  }[]
  readonly status: { readonly message: string; readonly code: number } | null
}
interface KeyValue {
  readonly key: string
  readonly value: AnyValue | null
}
interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: Long
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly AnyValue[] }
}
/** 64 bits as protobufjs has them without a package for it: a number, or halves. */
type Long = number | { readonly low: number; readonly high: number }

const failedStatus = 2
const unknownService = 'unknown'

/** @throws when the bytes are no request of the protocol */
export function decodeSpans(body: Uint8Array): Span[] {
  const { resourceSpans } = Request.decode(body) as unknown as DecodedRequest
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = attributesOf(resource?.attributes ?? [])['service.name']
    const name = typeof service === 'string' ? service : unknownService
    return scopeSpans.flatMap(({ spans }) => spans.map(span => spanOf(span, name)))
  })
}

function spanOf(span: DecodedSpan, service: string): Span {
  const startMs = millisecondsOf(span.startTimeUnixNano)
  const { traceId, spanId, parentSpanId, status } = span
  if (traceId.length !== 16 || spanId.length !== 8) throw new Error('a span without an id')
  return {
    traceId: hex(traceId),
    spanId: hex(spanId),
    ...(parentSpanId?.length === 8 && { parentId: hex(parentSpanId) }),
    service,
    name: span.name,
    kind: spanKinds[span.kind - 1] ?? 'internal',
    startMs,
    durationMs: Math.max(0, Math.round((millisecondsOf(span.endTimeUnixNano) - startMs) * 1000) / 1000),
    failed: status?.code === failedStatus,
    ...(status?.message && { reason: status.message }),
    attributes: attributesOf(span.attributes),
    links: span.links.map(link => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      attributes: attributesOf(link.attributes)
    }))
  }
}

function attributesOf(entries: readonly KeyValue[]): Attributes {
  const attributes: Record<string, AttributeValue> = {}
  for (const { key, value } of entries) {
    const plain = value && valueOf(value)
    if (plain !== undefined && plain !== null && key !== '__proto__') attributes[key] = plain
  }
  return attributes
}

function valueOf(value: AnyValue): AttributeValue | undefined {
  if (Object.hasOwn(value, 'stringValue')) return value.stringValue
  if (Object.hasOwn(value, 'intValue')) return value.intValue === undefined ? undefined : numberOf(value.intValue)
  if (Object.hasOwn(value, 'boolValue')) return value.boolValue
  if (Object.hasOwn(value, 'doubleValue')) return value.doubleValue
  return value.arrayValue?.values.flatMap(one => valueOf(one) ?? [])
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** To the microsecond: a double holds no more of the time since 1970. */
function millisecondsOf(nanoseconds: Long): number {
  if (typeof nanoseconds === 'number') return Math.round(nanoseconds / 1000) / 1000
  const whole = (BigInt(nanoseconds.high >>> 0) << 32n) + BigInt(nanoseconds.low >>> 0)
  return Number(whole / 1000n) / 1000
}

function numberOf(value: Long): number {
  return typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0)
}
