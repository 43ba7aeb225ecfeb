// One line per fact: an object for tools first, a sentence for people second.
import pino from 'pino'
import { gatheredLines } from './gathered-lines.ts'
import { currentSpan } from './tracing/spans.ts'
import { isTracingWanted } from './tracing/wanted.ts'

export type Log = pino.Logger

/** Logs of one function as JSON lines on standard output. Bodies, keys and connection strings are never logged. */
export function createLog(functionName: string, level: string): Log {
  const timestamp = pino.stdTimeFunctions.isoTime
  const lines = gatheredLines()
  process.on('exit', () => lines.flushSync())
  return pino(
    { level, base: { function: functionName }, timestamp, ...(isTracingWanted(process.env) && { mixin }) },
    lines
  )
}

/** Every line says under which span it was written. */
function mixin(): object {
  const span = currentSpan()
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId }
}
