// What k6 sent and how it was answered, a line for each request (infra/proof/load/students.js writes it).
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const Line = z.object({
  kind: z.string(),
  /** Of the command; a repeat has that of the first one. No two commands have the same. */
  name: z.string(),
  /** Since the epoch. */
  sentAt: z.number(),
  ms: z.number(),
  /** 0 when there was no answer. */
  status: z.number(),
  /** The answer is the one that this kind must have. */
  right: z.boolean(),
  /** k6's scenario: of the ramp the step. */
  scenario: z.string(),
  id: z.string().optional(),
  version: z.number().optional(),
  error: z.string().optional()
})
export type Answer = z.infer<typeof Line>

/** What k6 breaks off when it ends a test by its thresholds: nobody waited for that answer any more. */
const brokenOff = 'context canceled'

export async function readJournal(file: string): Promise<Answer[]> {
  const answers: Answer[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const answer = Line.parse(JSON.parse(line))
    if (answer.error !== brokenOff) answers.push(answer)
  }
  return answers
}

/** Commands that the system has promised to carry out, each once. */
export function acceptedCommands(answers: readonly Answer[]): Answer[] {
  return answers.filter(({ kind, status }) => kind !== 'repeat' && status >= 200 && status < 300)
}

/** Students by id, with the last version that an answer named: what the rehearsal's invariants start from. */
export function acceptedStudents(
  answers: readonly Answer[],
  domain: string
): Map<string, { email: string; version: number }> {
  const students = new Map<string, { email: string; version: number }>()
  for (const { kind, name, id, version } of acceptedCommands(answers)) {
    if (id === undefined || version === undefined) continue // by the Broker: the answer names neither
    const known = students.get(id)
    if (known) known.version = Math.max(known.version, version)
    else if (kind !== 'update') students.set(id, { email: `${name}@${domain}`, version })
  }
  return students
}
