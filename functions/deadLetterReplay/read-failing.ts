// Events that fail and are tried again: no letter yet, and not handled since.
import { and, desc, eq, getTableColumns, gt, notExists, sql } from 'drizzle-orm'
import * as z from 'zod'
import { line } from '../runtime/events/command.ts'
import type { Database } from '../runtime/host/database.ts'
import { handledEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters, failures } from '../runtime/tables/letters.ts'

/** Longer than the tries of any KafkaSource here take together; what has not failed since is not being tried any more. */
const recently = sql`now() - interval '15 minutes'`

export const FailingQuery = z.strictObject({
  function: line(100).optional(),
  student: line(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100)
})

/** Without the event itself, which may be large. */
const { attributes: _attributes, data: _data, ...failingFacts } = getTableColumns(failures)
export type FailingEvent = Omit<typeof failures.$inferSelect, 'attributes' | 'data'>

/** Newest first. */
export async function readFailing(db: Database, wanted: z.infer<typeof FailingQuery>) {
  const rows = await findFailing(db, wanted)
  const failing = rows.map(({ entity, stack, ...facts }) => ({
    ...facts,
    student: entity,
    stack: stack.split('\n').filter(Boolean)
  }))
  return { failing }
}

/** Newest first. */
export async function findFailing(db: Database, wanted: z.infer<typeof FailingQuery>): Promise<FailingEvent[]> {
  const isHandled = db
    .select({ id: handledEvents.eventId })
    .from(handledEvents)
    .where(
      and(
        eq(handledEvents.function, failures.function),
        eq(handledEvents.source, failures.source),
        eq(handledEvents.eventId, failures.eventId)
      )
    )
  const hasLetter = db
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.function, failures.function),
        eq(deadLetters.source, failures.source),
        eq(sql`${deadLetters.attributes}->>'id'`, failures.eventId)
      )
    )
  return db
    .select(failingFacts)
    .from(failures)
    .where(
      and(
        gt(failures.lastFailedAt, recently),
        notExists(isHandled),
        notExists(hasLetter),
        wanted.function === undefined ? undefined : eq(failures.function, wanted.function),
        wanted.student === undefined ? undefined : eq(failures.entity, wanted.student)
      )
    )
    .orderBy(desc(failures.lastFailedAt))
    .limit(wanted.limit)
}
