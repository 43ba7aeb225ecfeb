// Which lines of a function's log a person should see at once: warnings, errors, and what is no log line at all.
import { z } from 'zod'

const Line = z.looseObject({ level: z.number(), msg: z.string().optional(), reason: z.string().optional() })
const warning = 40 // https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object

/** The same sentence is shown once in this time: a database that is away makes every delivery say so. */
const quietMs = 10_000
const maxRemembered = 200

export function logToScreen(
  name: string,
  show: (sentence: string) => void,
  now = () => performance.now()
): (line: string) => void {
  const shownAt = new Map<string, number>()
  return line => {
    const sentence = read(line)
    if (sentence === undefined) return
    const last = shownAt.get(sentence)
    if (last !== undefined && now() - last < quietMs) return
    if (shownAt.size >= maxRemembered) shownAt.clear()
    shownAt.set(sentence, now())
    show(`${name}: ${sentence}`)
  }
}

function read(line: string): string | undefined {
  if (line.trim() === '') return undefined
  if (/^\{"level":[123]0,/.test(line)) return undefined // nearly every line: not worth parsing
  if (!line.startsWith('{')) return line
  try {
    const { level, msg, reason } = Line.parse(JSON.parse(line))
    if (level < warning) return undefined
    return [msg, reason && `(${reason})`].filter(Boolean).join(' ')
  } catch {
    return line
  }
}
