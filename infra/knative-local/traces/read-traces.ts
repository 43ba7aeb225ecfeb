// Reads the stored traces of a state folder, while the stack runs or after it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Span } from './span.ts'
import { schemaVersion } from './trace-store.ts'

export interface Trace {
  readonly traceId: string
  /** In the order of their start. */
  readonly spans: readonly Span[]
}

export interface TraceSummary {
  readonly traceId: string
  /** Of its first span. */
  readonly name: string
  readonly service: string
  readonly startMs: number
  /** From the start of its first span to the end of its last. */
  readonly durationMs: number
  readonly spans: number
  /** How many of them failed. */
  readonly failed: number
}

export interface Traces {
  /** Undefined when nothing of it is stored. */
  trace(traceId: string): Trace | undefined
  /** Traces with a span of this event (its id) or of this subject (an entity, such as an order); the newest first. */
  find(eventOrSubject: string, limit?: number): TraceSummary[]
  /** The newest first; `failedOnly` those with a span that failed. */
  recent(options?: { readonly limit?: number; readonly failedOnly?: boolean }): TraceSummary[]
  close(): void
}

export const traceFileIn = (stateDirectory: string): string => join(stateDirectory, 'traces', 'traces.sqlite')

const defaultLimit = 50
/** Of the newest spans, in which the newest traces are looked for. */
const maxLookedAt = 50_000

/** Undefined when no trace was ever stored there. It holds no lock and sees what is written later. */
export function openTraces(stateDirectory: string): Traces | undefined {
  const file = traceFileIn(stateDirectory)
  if (!existsSync(file)) return undefined
  const database = new DatabaseSync(file, { readOnly: true })
  database.exec('pragma busy_timeout = 2000')
  const { user_version: version } = database.prepare('pragma user_version').get() as { user_version: number }
  if (version !== schemaVersion) {
    database.close()
    return undefined
  }
  const ofTrace = database.prepare('select span from spans where trace_id = ? order by start_ms, seq')
  const byKey = database.prepare(`${summaries('select trace_id, seq from spans where event_id = ?1 or subject = ?1')}`)
  const newest = database.prepare(
    `select trace_id, seq, failed from spans order by seq desc limit ${maxLookedAt}`
  ).sourceSQL
  const recent = database.prepare(summaries(`select trace_id, seq from (${newest})`))
  const failed = database.prepare(summaries(`select trace_id, seq from (${newest}) where failed = 1`))

  return {
    trace(traceId) {
      const spans = ofTrace.all(traceId).map(({ span }) => JSON.parse(String(span)) as Span)
      return spans.length === 0 ? undefined : { traceId, spans }
    },
    find: (key, limit = defaultLimit) => byKey.all(key, limit).map(summaryOf),
    recent: ({ limit = defaultLimit, failedOnly = false } = {}) =>
      (failedOnly ? failed : recent).all(limit).map(summaryOf),
    close: () => database.close()
  }
}

function summaries(chosen: string): string {
  return `
    with chosen as (
      select trace_id, max(seq) as newest from (${chosen}) group by trace_id order by newest desc limit ?
    )
    select whole.trace_id, min(whole.start_ms) as start_ms, max(whole.end_ms) as end_ms, count(*) as spans,
      sum(whole.failed) as failed,
      (select span from spans first where first.trace_id = whole.trace_id order by first.start_ms, first.seq limit 1) as first
    from chosen join spans whole using (trace_id)
    group by whole.trace_id order by start_ms desc`
}

function summaryOf(row: Record<string, unknown>): TraceSummary {
  const { name, service } = JSON.parse(String(row.first)) as Span
  const startMs = Number(row.start_ms)
  return {
    traceId: String(row.trace_id),
    name,
    service,
    startMs,
    durationMs: Math.round((Number(row.end_ms) - startMs) * 1000) / 1000,
    spans: Number(row.spans),
    failed: Number(row.failed)
  }
}
