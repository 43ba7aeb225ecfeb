// The last traces, in a file: written by the collector, read by whoever asks (read-traces.ts).
import { DatabaseSync } from 'node:sqlite'
import { names } from './attribute-names.ts'
import type { Attributes, Span } from './span.ts'

export interface TraceLimits {
  readonly maxSpans: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** About 25 spans of 0.6 kB each for a command and two functions that follow it. */
export const traceLimits: TraceLimits = { maxSpans: 300_000, maxBytes: 256 * 1024 * 1024, maxAgeMs: 24 * 3_600_000 }

export interface TraceStore {
  /** All or none; a span that is there already is replaced. */
  add(spans: readonly Span[]): void
  /** Deletes what is over the limits, the oldest first. */
  prune(): void
  close(): void
}

/** Another one means another file: what an older version of this program kept is of no use to this one. */
export const schemaVersion = 1

/** Of the spans that are deleted at once when the file is too large. */
const shareOfSize = 0.1

export function openTraceStore(file: string, limits = traceLimits, now: () => number = Date.now): TraceStore {
  const database = new DatabaseSync(file)
  // Losing the last moment of it in a power cut is no loss. Readers do not wait for the writer.
  database.exec('pragma journal_mode = wal; pragma synchronous = off; pragma busy_timeout = 2000')
  prepareSchema(database)
  const insert = database.prepare(
    `insert or replace into spans (trace_id, span_id, start_ms, end_ms, failed, event_id, subject, stored_ms, span)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )

  return {
    add(spans) {
      const storedMs = now()
      database.exec('begin')
      try {
        for (const span of spans) {
          const { traceId, spanId, startMs, durationMs, failed, attributes } = span
          insert.run(
            traceId,
            spanId,
            startMs,
            startMs + durationMs,
            failed ? 1 : 0,
            text(attributes, names.eventId),
            text(attributes, names.eventSubject),
            storedMs,
            JSON.stringify(span)
          )
        }
        database.exec('commit')
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
    prune() {
      const { maxSpans, maxBytes, maxAgeMs } = limits
      database.prepare('delete from spans where stored_ms < ?').run(now() - maxAgeMs)
      const { first, last } = database.prepare('select min(seq) as first, max(seq) as last from spans').get() as {
        first: number | null
        last: number | null
      }
      if (first === null || last === null) return
      const excess = Math.max(
        last - maxSpans,
        isOver(maxBytes) ? first + Math.ceil((last - first + 1) * shareOfSize) : 0
      )
      if (excess >= first) database.prepare('delete from spans where seq <= ?').run(excess)
    },
    close: () => database.close()
  }

  /** Freed pages are used again, so the file itself never shrinks. */
  function isOver(maxBytes: number): boolean {
    const { bytes } = database
      .prepare(
        `select (pages.page_count - free.freelist_count) * size.page_size as bytes
         from pragma_page_count pages, pragma_freelist_count free, pragma_page_size size`
      )
      .get() as { bytes: number }
    return bytes > maxBytes
  }
}

function prepareSchema(database: DatabaseSync): void {
  const { user_version: found } = database.prepare('pragma user_version').get() as { user_version: number }
  if (found === schemaVersion) return
  database.exec(`
    drop table if exists spans;
    create table spans (
      seq integer primary key,
      trace_id text not null,
      span_id text not null,
      start_ms real not null,
      end_ms real not null,
      failed integer not null,
      event_id text,
      subject text,
      stored_ms integer not null,
      span text not null
    );
    create unique index spans_id on spans (trace_id, span_id);
    create index spans_event on spans (event_id) where event_id is not null;
    create index spans_subject on spans (subject) where subject is not null;
    pragma user_version = ${schemaVersion};
  `)
}

function text(attributes: Attributes, name: string): string | null {
  const value = attributes[name]
  return typeof value === 'string' ? value : null
}
