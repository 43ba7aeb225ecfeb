import { pino, type Logger } from 'pino'
import { safeJson } from '../terminal-text.ts'

/** JSON on stderr for programs; for a person (`say`) one readable line each. What an event says of itself moves no cursor. */
export async function openLog(say: ((line: string) => void) | undefined): Promise<Logger> {
  const formatters = { log: (fields: object) => Object.fromEntries(Object.entries(fields).map(safeEntry)) }
  const options = { level: process.env.LOG_LEVEL ?? 'info', base: null, formatters }
  if (say === undefined) return pino(options, pino.destination({ dest: 2, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  const format = pretty.prettyFactory({ colorize: true, singleLine: true, translateTime: 'HH:MM:ss' })
  return pino(options, { write: (line: string) => say(format(line).trimEnd()) })
}

/** Errors are left to pino, which knows their stack. */
function safeEntry([name, value]: readonly [string, unknown]): [string, unknown] {
  return [name, value instanceof Error ? value : safeJson(value)]
}
