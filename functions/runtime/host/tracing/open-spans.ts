// Makes the spans, by OpenTelemetry. Loaded when spans are wanted, and not before. It imports no more of the runtime than types and
// names: what is loaded late and what is loaded at the start then share nothing, and a bundle starts 5 ms sooner.
import {
  type Context,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer
} from '@opentelemetry/api'
import type { Log } from '../log.ts'
import { preciseNow } from './clock.ts'
import { names } from './attribute-names.ts'
import type { Attributes, OpenSpan, Span } from './spans.ts'
import { startTracing } from './start-tracing.ts'

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER
} as const

export interface Spans {
  readonly open: OpenSpan
  /** What waits is sent, for a moment. */
  close(): Promise<void>
}

export function createSpans(name: string, env: NodeJS.ProcessEnv, log: Log): Spans {
  const { tracer, close } = startTracing(name, env, (facts, message) => log.warn(facts, message))
  return { open: opener(tracer), close }
}

function opener(tracer: Tracer): OpenSpan {
  return (name, { kind = 'internal', parent, links = [], attributes }, current) => {
    const others = links.flatMap(link => spanContextOf(link) ?? []).map(context => ({ context }))
    const options = { kind: kinds[kind], links: others, startTime: preciseNow(), ...(attributes && { attributes }) }
    return new TracedSpan(tracer.startSpan(name, options, contextOf(parent, current)))
  }
}

class TracedSpan implements Span {
  readonly #span: OtelSpan
  #context: Context | undefined

  constructor(span: OtelSpan) {
    this.#span = span
  }

  /** For its children. */
  get context(): Context {
    return (this.#context ??= trace.setSpan(ROOT_CONTEXT, this.#span))
  }

  get traceId(): string {
    return this.#span.spanContext().traceId
  }

  get spanId(): string {
    return this.#span.spanContext().spanId
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext()
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes)
  }

  rename(name: string): void {
    this.#span.updateName(name)
  }

  link(traceparent: string): void {
    const context = spanContextOf(traceparent)
    if (context) this.#span.addLink({ context })
  }

  fail(reason: string, type: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
    this.#span.setAttribute(names.errorType, type)
  }

  end(): void {
    this.#span.end(preciseNow())
  }
}

function contextOf(parent: string | undefined, current: Span | undefined): Context {
  const remote = spanContextOf(parent)
  if (remote) return trace.setSpanContext(ROOT_CONTEXT, remote)
  return current instanceof TracedSpan ? current.context : ROOT_CONTEXT
}

const fields = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags = ''] = fields.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}
