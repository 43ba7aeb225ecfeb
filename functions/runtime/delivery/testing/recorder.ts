// A function that records what it is given, and what it has left.
import { asc, eq } from 'drizzle-orm'
import type { Database } from '../../host/database.ts'
import type { DeliveredFunction } from '../delivered-function.ts'
import { type Awaited, PermanentFailure } from '../../errors.ts'
import type { EventType } from '../../events/event-type.ts'
import { type Student, studentCreated, studentUpdated } from '../../../students/student-events.ts'
import { deadLetters } from '../../tables/letters.ts'
import { timeline } from '../../../students/tables.ts'

/** Writes one timeline row an event; fails permanently or for now where asked to. */
export function recorder(
  options: {
    accepts?: readonly EventType<Student>[]
    failsAt?: number
    breaksAt?: number
    refuses?: string
    waitsFor?: Awaited
  } = {}
): DeliveredFunction<Student> {
  return {
    name: 'recorder',
    accepts: options.accepts ?? [studentCreated, studentUpdated],
    async handle({ id, source, type, time, data: student }, { tx }) {
      await tx.insert(timeline).values({
        studentId: student.id,
        sequence: student.version,
        type,
        source,
        eventId: id,
        time,
        name: student.name,
        email: student.email
      })
      if (student.version === options.failsAt || student.name === options.refuses) {
        throw new PermanentFailure('refused', 'refused for the test', { waitsFor: options.waitsFor })
      }
      if (student.version === options.breaksAt) throw new Error('broken for now')
    }
  }
}

/** The sequences that were applied, in their order. */
export async function effects(db: Database, entity = 'student-1'): Promise<number[]> {
  const rows = await db
    .select({ sequence: timeline.sequence })
    .from(timeline)
    .where(eq(timeline.studentId, entity))
    .orderBy(asc(timeline.sequence))
  return rows.map(row => row.sequence)
}

export async function timelineIds(db: Database): Promise<string[]> {
  const rows = await db.select({ id: timeline.eventId }).from(timeline).orderBy(asc(timeline.sequence))
  return rows.map(({ id }) => id)
}

export function letters(db: Database) {
  return db.select().from(deadLetters)
}
