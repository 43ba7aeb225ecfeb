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
  TraceFlags,
  type Tracer
} from '@opentelemetry/api'
import type { Log } from '../log.ts'
import { preciseNow } from './clock.ts'
import { names } from './attribute-names.ts'
import { QuietSpan } from './quiet-span.ts'
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
  const { tracer, failedToo, close } = startTracing(name, env, (facts, message) => log.warn(facts, message))
  return { open: opener(tracer, failedToo), close }
}

/** Of a trace that is not sent, what fails becomes a span in the end, where that is asked for. */
function opener(tracer: Tracer, failedToo: boolean): OpenSpan {
  return (name, { kind = 'internal', parent, links = [], attributes }, current, begunMsAgo = 0) => {
    const startTime = preciseNow() - begunMsAgo
    const above = remoteSpan(parent) ?? (current as TracedSpan | QuietSpan | undefined)
    const begin = (called: string, moreLinks: readonly string[] = []) => {
      const others = [...links, ...moreLinks].flatMap(link => remoteSpan(link)?.spanContext ?? [])
      const options = {
        kind: kinds[kind],
        links: others.map(context => ({ context })),
        startTime,
        ...(attributes && { attributes })
      }
      return new TracedSpan(tracer.startSpan(called, options, above?.context ?? ROOT_CONTEXT))
    }
    if (failedToo && above?.isSampled === false) return new QuietSpan(name, above.traceId, begin)
    return begin(name)
  }
}

class TracedSpan implements Span {
  readonly otel: OtelSpan
  #context: Context | undefined

  constructor(span: OtelSpan) {
    this.otel = span
  }

  get isSampled(): boolean {
    return isSampled(this.otel.spanContext())
  }

  /** For its children. */
  get context(): Context {
    return (this.#context ??= trace.setSpan(ROOT_CONTEXT, this.otel))
  }

  get traceId(): string {
    return this.otel.spanContext().traceId
  }

  get spanId(): string {
    return this.otel.spanContext().spanId
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.otel.spanContext()
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  }

  set(attributes: Attributes): void {
    this.otel.setAttributes(attributes)
  }

  rename(name: string): void {
    this.otel.updateName(name)
  }

  link(traceparent: string): void {
    const context = remoteSpan(traceparent)?.spanContext
    if (context) this.otel.addLink({ context })
  }

  fail(reason: string, type: string): void {
    this.otel.setStatus({ code: SpanStatusCode.ERROR, message: reason })
    this.otel.setAttribute(names.errorType, type)
  }

  end(): void {
    this.otel.end(preciseNow())
  }
}

const isSampled = ({ traceFlags }: SpanContext) => (traceFlags & TraceFlags.SAMPLED) !== 0

const fields = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** That of another process, by its traceparent. */
function remoteSpan(traceparent: string | undefined) {
  const [, traceId, spanId, flags = ''] = fields.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return {
    traceId,
    spanContext,
    isSampled: isSampled(spanContext),
    get context() {
      return trace.setSpanContext(ROOT_CONTEXT, spanContext)
    }
  }
}
