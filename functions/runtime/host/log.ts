// One line per fact: an object for tools first, a sentence for people second.
import pino from 'pino'

export type Log = pino.Logger

/** Logs of one function as JSON lines on standard output. Bodies, keys and connection strings are never logged. */
export function createLog(functionName: string, level: string): Log {
  return pino({ level, base: { function: functionName }, timestamp: pino.stdTimeFunctions.isoTime })
}
