// `npm run local -- trace EVENT-or-SUBJECT-or-TRACE`: what happened, as a waterfall.
import { called } from '../called.ts'
import { print } from './command-line.ts'
import { exitStatus, UsageError } from './command-line.ts'
import { table } from './table.ts'
import { openTraces, type Trace, type Traces } from '../traces/read-traces.ts'
import { drawWaterfall } from '../traces/waterfall.ts'

export interface TraceOptions {
  readonly json?: boolean
  /** Of several traces of an event or a subject. */
  readonly last: string
  readonly failed?: boolean
}

export interface Screen {
  /** Undefined when nobody looks at a terminal. */
  readonly columns: number | undefined
}

/** Of lines that no terminal folds. */
const plainWidth = 140
const minWidth = 72
const maxLast = 50

/** Without `what`, the newest traces in a table. @throws Error when there are none */
export function showTraces(
  stateDirectory: string,
  what: string | undefined,
  options: TraceOptions,
  { columns }: Screen
): number {
  const last = Number(options.last)
  if (!Number.isInteger(last) || last < 1 || last > maxLast) throw new UsageError(`--last must be 1 to ${maxLast}`)
  const traces = openTraces(stateDirectory)
  if (traces === undefined) throw new Error(`No traces are stored in ${stateDirectory}. ${called('dev')} stores them.`)
  try {
    if (what === undefined) return listTraces(traces, options)
    const found = findTraces(traces, what, last)
    if (found.length === 0) {
      throw new Error(
        `No trace is stored of ${what}. Give the id of a trace, of an event or of a subject; the last traces are listed without one.`
      )
    }
    if (options.json) print(JSON.stringify(found, null, 2))
    else {
      const width = Math.max(minWidth, columns ?? plainWidth)
      // The colours are control characters, which print would show as text.
      const drawn = found.map(trace => drawWaterfall(trace, { width, colour: columns !== undefined }).join('\n'))
      process.stdout.write(`${drawn.join('\n\n')}\n`)
    }
    return exitStatus.done
  } finally {
    traces.close()
  }
}

/** In chronological order. */
function findTraces(traces: Traces, what: string, last: number): Trace[] {
  const one = traces.trace(what.toLowerCase())
  if (one) return [one]
  return traces
    .find(what, last)
    .toReversed()
    .flatMap(({ traceId }) => traces.trace(traceId) ?? [])
}

function listTraces(traces: Traces, { json, failed }: TraceOptions): number {
  const recent = traces.recent({ limit: 20, failedOnly: failed === true })
  if (json) print(JSON.stringify(recent, null, 2))
  else {
    const rows = recent.map(({ startMs, traceId, service, name, durationMs, spans, failed: failures }) => [
      new Date(startMs).toISOString(),
      traceId,
      service,
      name,
      `${Math.round(durationMs)} ms`,
      String(spans),
      String(failures)
    ])
    print(table(['Start', 'Trace', 'By', 'Name', 'Took', 'Spans', 'Failed'], rows).join('\n'))
  }
  return exitStatus.done
}
