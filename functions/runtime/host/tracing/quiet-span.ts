// A span of a trace that is not sent. It costs next to nothing, and becomes a real one, under the id that it had, when it has failed.
import { type Context, ROOT_CONTEXT, type Span as OtelSpan, trace, TraceFlags } from '@opentelemetry/api'
import type { Attributes, Span } from './spans.ts'

interface Failure {
  readonly reason: string
  readonly type: string
}

/** Makes the real one. */
export type Begin = (name: string, links: readonly string[]) => Span & { readonly otel: OtelSpan }

export class QuietSpan implements Span {
  readonly traceId: string
  readonly isSampled = false
  readonly #begin: Begin
  readonly #attributes: Attributes[] = []
  readonly #links: string[] = []
  #name: string
  #spanId: string | undefined
  #failure: Failure | undefined

  constructor(name: string, traceId: string, begin: Begin) {
    this.#name = name
    this.traceId = traceId
    this.#begin = begin
  }

  get spanId(): string {
    return (this.#spanId ??= randomSpanId())
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-00`
  }

  /** For its children. */
  get context(): Context {
    return trace.setSpanContext(ROOT_CONTEXT, this.#spanContext())
  }

  set(attributes: Attributes): void {
    this.#attributes.push(attributes)
  }

  rename(name: string): void {
    this.#name = name
  }

  link(traceparent: string): void {
    this.#links.push(traceparent)
  }

  fail(reason: string, type: string): void {
    this.#failure = { reason, type }
  }

  end(): void {
    if (this.#failure === undefined) return
    const span = this.#begin(this.#name, this.#links)
    const spanContext = this.#spanContext()
    Object.assign(span.otel, { spanContext: () => spanContext })
    for (const attributes of this.#attributes) span.set(attributes)
    span.fail(this.#failure.reason, this.#failure.type)
    span.end()
  }

  #spanContext() {
    return { traceId: this.traceId, spanId: this.spanId, traceFlags: TraceFlags.NONE }
  }
}

/** As random as OpenTelemetry's own are, and never the invalid one of zeros. */
const randomSpanId = () => half() + half()
const half = () => (1 + Math.floor(Math.random() * 0xffff_ffff)).toString(16).padStart(8, '0')
