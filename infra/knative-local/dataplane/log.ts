import { pino, type Logger } from 'pino'

/** JSON on stderr for programs; for a person (`say`) one readable line each. */
export async function openLog(say: ((line: string) => void) | undefined): Promise<Logger> {
  const options = { level: process.env.LOG_LEVEL ?? 'info', base: null }
  if (say === undefined) return pino(options, pino.destination({ dest: 2, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  const format = pretty.prettyFactory({ colorize: true, singleLine: true, translateTime: 'HH:MM:ss' })
  return pino(options, { write: (line: string) => say(format(line).trimEnd()) })
}
