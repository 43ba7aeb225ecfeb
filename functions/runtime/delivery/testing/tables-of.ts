import { and, asc, eq, like } from 'drizzle-orm'
import { timeline } from '../../../students/tables.ts'
import type { Database } from '../../host/database.ts'
import { fences, handledEvents, heldEvents } from '../../tables/deliveries.ts'
import { deadLetters } from '../../tables/letters.ts'
import { recorder } from './together-recorder.ts'

/** What is left of the entities whose names begin so, without those names. */
export async function tablesOf(db: Database, prefix: string) {
  const short = (entity: string | null) => entity?.slice(prefix.length)
  const [effects, handled, held, letters, places] = await Promise.all([
    db
      .select()
      .from(timeline)
      .where(like(timeline.studentId, `${prefix}%`))
      .orderBy(asc(timeline.studentId), asc(timeline.sequence)),
    db
      .select()
      .from(handledEvents)
      .where(like(handledEvents.eventId, `event-${prefix}%`))
      .orderBy(asc(handledEvents.eventId)),
    db
      .select()
      .from(heldEvents)
      .where(like(heldEvents.entity, `${prefix}%`))
      .orderBy(asc(heldEvents.entity), asc(heldEvents.sequence)),
    db
      .select()
      .from(deadLetters)
      .where(like(deadLetters.source, '%'))
      .orderBy(asc(deadLetters.entity), asc(deadLetters.sequence), asc(deadLetters.eventId)),
    db
      .select()
      .from(fences)
      .where(and(eq(fences.function, recorder.name), like(fences.entity, `${prefix}%`)))
      .orderBy(asc(fences.entity))
  ])
  return {
    effects: effects.map(({ studentId, sequence, name }) => [short(studentId), sequence, name]),
    handled: handled.map(({ eventId, sequence }) => [eventId.slice(`event-${prefix}`.length), sequence]),
    held: held.map(({ entity, sequence }) => [short(entity), sequence]),
    letters: letters
      .filter(({ entity, eventId }) => entity?.startsWith(prefix) || eventId.startsWith(`event-${prefix}`))
      .map(({ entity, sequence, reason, state }) => [short(entity), sequence, reason, state]),
    // A place that was never passed has a fence at 0 or none.
    fences: places.filter(({ sequence }) => sequence > 0).map(({ entity, sequence }) => [short(entity), sequence])
  }
}
