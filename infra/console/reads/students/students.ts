// Students: found by id, user, name or address; and one of them with all that happened to it.
import { z } from 'zod'
import { directory } from '../../../../functions/students/tables.ts'
import { readDeclarations } from '../../../derived/declarations.ts'
import { defineRead, NotFound } from '../read.ts'
import { type Effect, studentEffects } from './student-effects.ts'
import { type Happening, historyOf } from './student-history.ts'
import { type StudentRows, studentRows } from './student-rows.ts'
import { type StudentStatus, statusOf } from './student-status.ts'

export interface FoundStudent {
  readonly id: string
  readonly userId: string | null
  readonly name: string | null
  readonly email: string | null
  readonly version: number
  /** That of its directory entry; null where there is none yet. */
  readonly status: string | null
  readonly directoryVersion: number | null
  /** Open ones. */
  readonly letters: number
}

/** One row more than asked for says that there are more. */
const search = `
  with found as (
    select id, user_id, name, email, version from students
    where $1 = '' or id = $1 or user_id = $1 or position(lower($1) in lower(name)) > 0 or position(lower($1) in lower(email)) > 0
    union all
    select student_id, null, null, null, version from directory where student_id = $1 and status = 'deleted'
    order by id desc limit $2
  )
  select found.id, found.user_id as "userId", found.name, found.email, found.version, d.status, d.version as "directoryVersion",
    (select count(*)::int from dead_letters l where l.entity = found.id and l.state in ('open', 'replaying')) as letters
  from found left join directory d on d.student_id = found.id order by found.id desc`

export const students = defineRead({
  description: 'Students by id, user, or a part of the name or e-mail address, newest first.',
  input: z.object({
    text: z.string().trim().max(200).default(''),
    limit: z.coerce.number().int().min(1).max(500).default(100)
  }),
  async run(
    { database },
    { text, limit }
  ): Promise<{ readonly students: readonly FoundStudent[]; readonly isMore: boolean }> {
    const { rows } = await database.query<FoundStudent>(search, [text, limit + 1])
    return { students: rows.slice(0, limit), isMore: rows.length > limit }
  }
})

export interface StudentDetail
  extends StudentStatus, Pick<StudentRows, 'student' | 'directory' | 'user' | 'events' | 'letters'> {
  readonly id: string
  /** What each function made of each event. */
  readonly effects: readonly Effect[]
  readonly history: readonly Happening[]
}

export const student = defineRead({
  description:
    'One student: whether it is active and why not, its row, directory entry, events, letters, and its history.',
  input: z.object({ id: z.string().trim().min(1).max(200) }),
  async run(sources, { id }): Promise<StudentDetail> {
    const [rows, writers] = await Promise.all([studentRows(sources.database, id), directoryWriters()])
    if (rows.student === null && rows.directory === null && rows.events.length === 0 && rows.letters.length === 0) {
      throw new NotFound(`Nothing is known of a student ${id}: no row, no event, no letter.`)
    }
    const effects = await studentEffects(sources, id, rows.events, rows.letters)
    return { id, ...statusOf(rows, effects, writers), ...rows, effects, history: historyOf(rows, effects) }
  }
})

async function directoryWriters(): Promise<Set<string>> {
  const declared = await readDeclarations()
  return new Set(declared.filter(({ database }) => database?.writes?.includes(directory)).map(({ name }) => name))
}
