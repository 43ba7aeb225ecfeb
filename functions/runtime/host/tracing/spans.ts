// What a function does under which request or event, as spans. Without anybody who wants them nothing is loaded, and `inSpan`
// does no more than the work.
import { AsyncLocalStorage } from 'node:async_hooks'
import { describeError } from '../database-errors.ts'
import { withoutSecrets } from '../without-secrets.ts'
import { names } from './attribute-names.ts'

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

export interface SpanOptions {
  readonly kind?: SpanKind
  /** What the span is under, by its traceparent; the current span where there is none. */
  readonly parent?: string | undefined
  /** Traceparents of other spans that it has to do with. */
  readonly links?: readonly (string | undefined)[]
  readonly attributes?: Attributes
}

export interface Span {
  /** Whether its trace is sent. */
  readonly isSampled: boolean
  readonly traceparent: string
  readonly traceId: string
  readonly spanId: string
  set(attributes: Attributes): void
  rename(name: string): void
  link(traceparent: string): void
  fail(reason: string, type: string): void
  end(): void
}

/** `begunMsAgo`: of a span that is made when it has failed. */
export type OpenSpan = (name: string, options: SpanOptions, current: Span | undefined, begunMsAgo?: number) => Span

let open: OpenSpan | undefined
const current = new AsyncLocalStorage<Span>()
/** Of why a span failed. */
const maxReasonLength = 500

/** From then on spans are made; nothing undoes it but the end of the process, or a test. */
export function openSpansWith(opener: OpenSpan | undefined): void {
  open = opener
}

export function areSpansMade(): boolean {
  return open !== undefined
}

export function currentSpan(): Span | undefined {
  return open === undefined ? undefined : current.getStore()
}

/** For what ends elsewhere than it begins; undefined when there is nothing to be under. Whoever gets it ends it. */
export function childSpan(name: string, options: SpanOptions): Span | undefined {
  const parent = currentSpan()
  return parent && open?.(name, options, parent)
}

/** Of what began `begunMsAgo` under a span whose trace is not sent, and has failed. */
export function failedSpan(above: Span, name: string, options: SpanOptions, begunMsAgo: number, error: unknown): void {
  const span = open?.(name, options, above, begunMsAgo)
  if (span === undefined) return
  failWith(span, error)
  span.end()
}

/**
 * Does the work under a span, which failed if that throws. Within a trace that is not sent, which nearly all are under load, there is
 * a span only of what fails, and the work is handed none.
 */
export async function inSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<Result>
): Promise<Result> {
  if (open === undefined) return work(undefined)
  const above = current.getStore()
  if (above?.isSampled === false && options.parent === undefined) return withFailedSpan(above, name, options, work)
  const span = open(name, options, above)
  try {
    return await current.run(span, work, span)
  } catch (error) {
    failWith(span, error)
    throw error
  } finally {
    span.end()
  }
}

async function withFailedSpan<Result>(
  above: Span,
  name: string,
  options: SpanOptions,
  work: (span: undefined) => Promise<Result>
): Promise<Result> {
  const begunAt = performance.now()
  try {
    return await work(undefined)
  } catch (error) {
    failedSpan(above, name, options, performance.now() - begunAt, error)
    throw error
  }
}

/** Says no more of the error than a log may. */
export function failWith(span: Span, error: unknown): void {
  const { reason, code } = describeError(error)
  span.fail(withoutSecrets(reason).slice(0, maxReasonLength), code ?? (error instanceof Error ? error.name : 'Error'))
}

/** For failures that are answered and not thrown. */
export function failOfAnswer(span: Span, status: number): void {
  if (status >= 500) span.fail(`answered ${status}`, String(status))
  span.set({ [names.httpStatus]: status })
}
