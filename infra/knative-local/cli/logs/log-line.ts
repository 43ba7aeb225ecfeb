// What a line of a part's log says: when, how loud and what, whoever wrote it.
//
//   functions, data plane   pino's JSON
//   brokers, Connect        2026-11-21T17:32:33,321 INFO message (logger), as java/log4j2.properties has it
//   registry                2026-11-21 17:32:33,321 INFO  [logger] (thread) message, as Quarkus has it
//   postgres                2026-11-21 17:32:33.321 UTC [pid] LOG:  message
//   plain text              2026-11-21T17:32:33.321Z INFO text, as stamp() writes it when the line comes
//   the rest                text of the entry before it: the lines of a stack trace, for instance
import { z } from 'zod'

/** pino's numbers. https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object */
export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const
export type LevelName = keyof typeof levels

export interface LogEntry {
  readonly part: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly level: number
  readonly message: string
  /** What a JSON line has besides. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Undefined for a line that begins no entry. */
export function readLine(part: string, line: string): LogEntry | undefined {
  if (line.startsWith('{')) return readJson(part, line)
  const [, date, clock, fraction = '0', utc, rest = ''] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[.,](\d{1,9})(Z?)(.*)$/s.exec(line) ?? []
  if (date === undefined || clock === undefined) return undefined
  const [, zone, severity, text] = /^ (?:([A-Z]{3,5}|[+-]\d\d) \[\d+\] )?\s*([A-Z]+\d?):?\s+(.*)$/s.exec(rest) ?? []
  // PostgreSQL writes its own zone, which is UTC here; Java writes the machine's.
  const time = Date.parse(`${date}T${clock}.${fraction.slice(0, 3)}${zone === undefined ? utc : 'Z'}`)
  if (Number.isNaN(time)) return undefined
  return { part, time, level: levelOf(severity), message: text ?? rest.trim(), fields: {} }
}

/** The entry with one more line of its text. */
export function continued(entry: LogEntry, line: string): LogEntry {
  return { ...entry, message: `${entry.message}\n${line}` }
}

const JsonLine = z.looseObject({
  level: z.number(),
  time: z.union([z.number(), z.string()]),
  msg: z.string().default('')
})

function readJson(part: string, line: string): LogEntry | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  const read = JsonLine.safeParse(value)
  if (!read.success) return undefined
  const { level, time, msg, ...fields } = read.data
  const at = typeof time === 'number' ? time : Date.parse(time)
  return Number.isNaN(at) ? undefined : { part, time: at, level, message: msg, fields }
}

/** Of log4j, java.util.logging and PostgreSQL. https://www.postgresql.org/docs/18/runtime-config-logging.html#RUNTIME-CONFIG-SEVERITY-LEVELS */
const severities = new Map<string, number>([
  ['TRACE', levels.trace],
  ['FINEST', levels.trace],
  ['DEBUG', levels.debug],
  ['FINE', levels.debug],
  ['WARN', levels.warn],
  ['WARNING', levels.warn],
  ['ERROR', levels.error],
  ['SEVERE', levels.error],
  ['FATAL', levels.fatal],
  ['PANIC', levels.fatal]
])

function levelOf(severity: string | undefined): number {
  if (severity === undefined) return levels.info
  return severities.get(severity) ?? (/^DEBUG\d$/.test(severity) ? levels.debug : levels.info)
}
