// What is known of a student: what was accepted, what the directory made of it, and its timeline. Of one that was deleted only
// the timeline is left.
import { asc, eq } from 'drizzle-orm'
import type { Database } from '../runtime/host/database.ts'
import { unknownStudent } from '../students/problems.ts'
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
  if (student === undefined && events.length === 0) throw unknownStudent(id)
  const isListed = entry !== undefined && entry.status !== 'deleted'
  return { student: student ?? null, directory: isListed ? entry : null, timeline: events }
}
