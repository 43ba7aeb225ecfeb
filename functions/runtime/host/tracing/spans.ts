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
  readonly traceparent: string
  readonly traceId: string
  readonly spanId: string
  set(attributes: Attributes): void
  rename(name: string): void
  link(traceparent: string): void
  fail(reason: string, type: string): void
  end(): void
}

export type OpenSpan = (name: string, options: SpanOptions, current: Span | undefined) => Span

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

/** Does the work under a span, which failed if that throws. */
export async function inSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<Result>
): Promise<Result> {
  if (open === undefined) return work(undefined)
  const span = open(name, options, current.getStore())
  try {
    return await current.run(span, work, span)
  } catch (error) {
    failWith(span, error)
    throw error
  } finally {
    span.end()
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
