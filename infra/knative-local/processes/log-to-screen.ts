// Which lines of a part's log a person should see at once: warnings, errors, and what is no log line at all.
import { called } from '../called.ts'
import { z } from 'zod'
import { shortLine } from '../terminal-text.ts'

const Line = z.looseObject({
  level: z.number(),
  msg: z.string().optional(),
  reason: z.string().optional(),
  error: z.string().optional(),
  eventId: z.string().optional()
})
const warning = 40 // https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object

/** What is the same but for the event is shown once in this time: a database that is away makes every delivery say so. */
const quietMs = 10_000
const maxRemembered = 200
/** An id that a shell takes as it is. */
const plainId = /^[\w.:@/+-]{1,200}$/

interface Sentence {
  readonly text: string
  /** The event, and the command that says more of it. */
  readonly about: string
}

export function logToScreen(
  name: string,
  show: (sentence: string) => void,
  now = () => performance.now()
): (line: string) => void {
  const shown = new Map<string, { readonly at: number; left: number }>()
  return line => {
    const sentence = read(line)
    if (sentence === undefined) return
    const last = shown.get(sentence.text)
    if (last !== undefined && now() - last.at < quietMs) {
      last.left++
      return
    }
    if (shown.size >= maxRemembered) shown.clear()
    shown.set(sentence.text, { at: now(), left: 0 })
    const more = last === undefined || last.left === 0 ? '' : ` (and ${last.left} more since the last such line)`
    show(shortLine(`${name}: ${sentence.text}${sentence.about}${more}`))
  }
}

function read(line: string): Sentence | undefined {
  if (line.trim() === '') return undefined
  if (/^\{"level":[123]0,/.test(line)) return undefined // nearly every line: not worth parsing
  if (!line.startsWith('{')) return { text: line, about: '' }
  try {
    const { level, msg, reason, error, eventId } = Line.parse(JSON.parse(line))
    if (level < warning) return undefined
    const why = reason ?? error
    return { text: [msg, why && `(${why})`].filter(Boolean).join(' '), about: aboutEvent(eventId) }
  } catch {
    return { text: line, about: '' }
  }
}

function aboutEvent(id: string | undefined): string {
  if (id === undefined) return ''
  return plainId.test(id) ? `, event ${id}: ${called(`logs --event ${id}`)}` : `, event ${JSON.stringify(id)}`
}
