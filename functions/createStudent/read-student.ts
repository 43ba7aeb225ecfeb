// What is known of a student: what was accepted, what the directory made of it, and its timeline.
import { asc, eq } from 'drizzle-orm'
import type { Database } from '../runtime/host/database.ts'
import { Problem } from '../runtime/host/problem.ts'
import { directory, students, timeline } from '../students/tables.ts'

/** Of timeline entries in one answer, oldest first. */
const maxTimeline = 1_000

/** @throws Problem 404 */
export async function readStudent(db: Database, id: string) {
  const [student] = await db
    .select({
      id: students.id,
      userId: students.userId,
      name: students.name,
      email: students.email,
      version: students.version
    })
    .from(students)
    .where(eq(students.id, id))
  if (student === undefined) throw new Problem(404, 'unknown-student', 'Unknown student', `no student has the id ${id}`)

  const [entry] = await db
    .select({
      status: directory.status,
      name: directory.name,
      email: directory.email,
      version: directory.version
    })
    .from(directory)
    .where(eq(directory.studentId, id))
  const events = await db
    .select({
      type: timeline.type,
      sequence: timeline.sequence,
      id: timeline.eventId,
      time: timeline.time,
      name: timeline.name,
      email: timeline.email
    })
    .from(timeline)
    .where(eq(timeline.studentId, id))
    .orderBy(asc(timeline.sequence))
    .limit(maxTimeline)
  return { student, directory: entry ?? null, timeline: events }
}
