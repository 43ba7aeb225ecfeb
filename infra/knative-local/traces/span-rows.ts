// Spans in the order in which a waterfall shows them, and where on it.
import type { Span } from './span.ts'

export interface SpanRow {
  readonly span: Span
  readonly depth: number
  /** Of its own, not of what it waited for. */
  readonly selfMs: number
  /** Its start and end as shares of the trace, 0 to 1, without most of the time in which nothing was done. */
  readonly from: number
  readonly to: number
}

/** Children below their parent, in the order of their start. */
export function spanRows(spans: readonly Span[]): SpanRow[] {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const children = Map.groupBy(spans, ({ parentId }) => (parentId !== undefined && known.has(parentId) ? parentId : ''))
  const share = timeline(spans)
  const rowOf = (span: Span, depth: number, selfMs: number): SpanRow => ({
    span,
    depth,
    selfMs,
    from: share(span.startMs),
    to: share(span.startMs + span.durationMs)
  })
  const rows: SpanRow[] = []
  const seen = new Set<string>()
  // A stack and not a recursion: what came in may be a chain of thousands.
  const waiting = (children.get('') ?? []).map(span => ({ span, depth: 0 })).toReversed()
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { span, depth } = next
    if (seen.has(span.spanId)) continue
    seen.add(span.spanId)
    const below = children.get(span.spanId) ?? []
    rows.push(rowOf(span, depth, selfTime(span, below)))
    waiting.push(...below.map(child => ({ span: child, depth: depth + 1 })).toReversed())
  }
  // A circle has no first one; nobody but a broken sender makes one.
  const rest = spans.filter(({ spanId }) => !seen.has(spanId))
  return [...rows, ...rest.map(span => rowOf(span, 0, span.durationMs))]
}

function selfTime({ startMs, durationMs }: Span, children: readonly Span[]): number {
  let covered = 0
  let until = startMs
  for (const child of children.toSorted((a, b) => a.startMs - b.startMs)) {
    const from = Math.max(child.startMs, until)
    const to = Math.min(child.startMs + child.durationMs, startMs + durationMs)
    covered += Math.max(0, to - from)
    until = Math.max(until, to)
  }
  return Math.max(0, durationMs - covered)
}

/** What is left of time in which nothing was done, as a share of the time in which something was. */
const idleShare = 0.1

/** From 0 to 1 over the trace, without most of the time in which nothing was done: a replay may come hours later. */
function timeline(spans: readonly Span[]): (atMs: number) => number {
  const inOrder = spans.toSorted((a, b) => a.startMs - b.startMs)
  const firstMs = inOrder[0]?.startMs ?? 0
  const gaps: { readonly fromMs: number; readonly toMs: number }[] = []
  let endMs = firstMs
  for (const { startMs, durationMs } of inOrder) {
    if (startMs > endMs) gaps.push({ fromMs: endMs, toMs: startMs })
    endMs = Math.max(endMs, startMs + durationMs)
  }
  const idleMs = gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  const keptMs = (endMs - firstMs - idleMs) * idleShare
  const busy = (atMs: number) =>
    gaps.reduce((time, { fromMs, toMs }) => time - Math.max(0, Math.min(atMs, toMs) - fromMs - keptMs), atMs - firstMs)
  const totalMs = Math.max(busy(endMs), 0.001)
  return atMs => Math.min(1, Math.max(0, busy(atMs) / totalMs))
}
