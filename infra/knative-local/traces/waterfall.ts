// A trace as lines for a terminal: who did what under whom, when, and how long it took.
//
//   +0.0 ms  create-order     POST /                 ━━━━               4.1 ms
//   +0.6 ms  create-order       transaction           ━━                3.2 ms
//
// Longer time in which nothing was done is cut out of the bars; the first column keeps it.
import { counted } from '../counted.ts'
import { oneLine } from '../terminal-text.ts'
import { names } from './attribute-names.ts'
import type { Trace } from './read-traces.ts'
import { type SpanRow, spanRows } from './span-rows.ts'
import type { Span } from './span.ts'

export interface WaterfallOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly colour: boolean
}

const maxDepth = 12
const minBarWidth = 12
/** Shares of the width. */
const serviceShare = 0.18
const labelShare = 0.42
const timeWidth = 10

const paints = { failed: '\u001b[31m', faint: '\u001b[2m', linked: '\u001b[36m', end: '\u001b[0m' }

export function drawWaterfall({ traceId, spans }: Trace, { width, colour }: WaterfallOptions): string[] {
  const rows = spanRows(spans)
  const startMs = Math.min(...spans.map(span => span.startMs))
  const endMs = Math.max(...spans.map(span => span.startMs + span.durationMs))
  const serviceWidth = Math.min(longest(rows.map(({ span }) => span.service)), Math.floor(width * serviceShare))
  const labels = rows.map(labelOf)
  const labelWidth = Math.min(longest(labels), Math.floor(width * labelShare))
  const barWidth = Math.max(minBarWidth, width - serviceWidth - labelWidth - 2 * timeWidth - 8)
  const paint = (text: string, how: keyof typeof paints) => (colour ? `${paints[how]}${text}${paints.end}` : text)

  const failed = spans.filter(span => span.failed).length
  const head = `Trace ${traceId}, ${new Date(startMs).toISOString()}: ${counted(spans.length, 'span')}, ${duration(endMs - startMs)}${failed > 0 ? `, ${failed} failed` : ''}`
  const drawn = rows.map(({ span, ...share }, index) => {
    const from = Math.min(Math.floor(share.from * barWidth), barWidth - 1)
    const to = Math.max(from + 1, Math.round(share.to * barWidth))
    const bar = `${' '.repeat(from)}${'━'.repeat(to - from)}`.slice(0, barWidth).padEnd(barWidth)
    const offset = `+${duration(span.startMs - startMs)}`.padStart(timeWidth)
    const took = duration(span.durationMs).padStart(timeWidth)
    const label = cut(labels[index] ?? '', labelWidth).padEnd(labelWidth)
    const line = `${cut(oneLine(span.service), serviceWidth).padEnd(serviceWidth)}  ${label}  ${bar} ${took}`
    return `${paint(offset, 'faint')}  ${span.failed ? paint(line, 'failed') : line}`
  })
  return [head, '', ...drawn, ...notesOf(spans).map(note => paint(note, 'linked'))]
}

function labelOf({ span, depth }: SpanRow): string {
  const { [names.outcome]: outcome, [names.reason]: reason, [names.httpStatus]: status } = span.attributes
  const resend = Number(span.attributes[names.httpResend] ?? 0)
  const facts = [
    resend > 0 ? `attempt ${resend + 1}` : undefined,
    outcome === undefined && status !== undefined ? String(status) : undefined,
    outcome === undefined ? undefined : String(outcome),
    reason === undefined ? undefined : String(reason)
  ].filter(fact => fact !== undefined)
  const name = `${'  '.repeat(Math.min(depth, maxDepth))}${span.name}`
  return oneLine(facts.length > 0 ? `${name} (${facts.join(', ')})` : name)
}

/** What other traces it has to do with. */
function notesOf(spans: readonly Span[]): string[] {
  const others = spans.flatMap(({ name, traceId, links }) =>
    links.filter(link => link.traceId !== traceId).map(link => `${name} has to do with trace ${link.traceId}`)
  )
  return others.length === 0 ? [] : ['', ...new Set(others.map(oneLine))]
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(text => text.length))

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
