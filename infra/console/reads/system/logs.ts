// What the parts say, as one log in chronological order.
import { z } from 'zod'
import { levels, type LogEntry, matches } from '../../../knative-local/logs.ts'
import { defineRead } from '../read.ts'
import { withoutPasswords } from '../without-passwords.ts'

const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export interface LogLine {
  readonly at: number
  readonly part: string
  readonly level: (typeof levelNames)[number]
  readonly message: string
  /** What the line has besides, as JSON; empty where it has nothing. */
  readonly fields: string
}

export const logs = defineRead({
  description:
    'The newest log lines of all parts or of one, by level and text, an event’s or a trace’s id for instance; on this machine only.',
  input: z.object({
    part: z.string().optional(),
    level: z.enum(levelNames).default('info'),
    text: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(2_000).default(300)
  }),
  async run(
    { logs: tail },
    { part, level, text, limit }
  ): Promise<{ readonly lines: readonly LogLine[]; readonly isHere: boolean }> {
    if (tail === undefined) return { lines: [], isHere: false }
    const filter = { minLevel: levels[level], parts: [], event: text || undefined }
    const found = (await tail.entries()).filter(
      entry => (part === undefined || entry.part === part) && matches(filter, entry)
    )
    return { lines: found.slice(-limit).map(lineOf), isHere: true }
  }
})

function lineOf({ time, part, level, message, fields }: LogEntry): LogLine {
  const { pid: _pid, hostname: _hostname, ...others } = fields
  const name = levelNames.findLast(one => levels[one] <= level) ?? 'trace'
  const shown = Object.keys(others).length === 0 ? '' : JSON.stringify(others)
  return { at: time, part, level: name, message: withoutPasswords(message), fields: withoutPasswords(shown) }
}
