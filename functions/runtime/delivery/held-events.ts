// Events that came before their turn: kept byte for byte, found when it comes, and released with whatever becomes of them.
import { and, asc, eq, ne, sql } from 'drizzle-orm'
import { PermanentFailure } from '../errors.ts'
import { readTyped } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Transaction } from '../host/database.ts'
import { heldEvents } from '../tables/deliveries.ts'
import { deadLetters } from '../tables/letters.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { editOf } from './edits.ts'
import type { Place, Position } from './position.ts'

/**
 * Keeps an event until its turn; false when it was discarded already. What can never be applied must not take the place
 * of what can: it fails now.
 *
 * @throws PermanentFailure for bytes that cannot be decoded, and when another event holds this place
 */
export async function hold(
  tx: Transaction,
  fn: DeliveredFunction,
  event: ReceivedEvent,
  place: Place
): Promise<boolean> {
  readTyped(event, fn.accepts)
  if (await isDiscarded(tx, fn, event, place)) return false
  const inserted = await tx
    .insert(heldEvents)
    .values({
      function: fn.name,
      ...place,
      source: event.source,
      eventId: event.id,
      attributes: event.attributes,
      data: event.data
    })
    .onConflictDoNothing()
  if (inserted.rowCount === 1) return true
  const there = await findHeld(tx, fn, place)
  if (there?.id === event.id && there.source === event.source) return true
  throw new PermanentFailure('sequence-taken', `another event of this entity holds sequence ${place.sequence}`)
}

async function isDiscarded(
  tx: Transaction,
  fn: DeliveredFunction,
  event: ReceivedEvent,
  { entity, sequence }: Position
): Promise<boolean> {
  const isLetter = and(
    eq(deadLetters.function, fn.name),
    eq(deadLetters.source, event.source),
    eq(sql`${deadLetters.attributes}->>'id'`, event.id),
    eq(deadLetters.entity, entity),
    eq(deadLetters.sequence, sequence)
  )
  return (
    (await tx.$count(
      deadLetters,
      and(isLetter, eq(deadLetters.state, 'discarded'), ne(deadLetters.origin, 'unverified'))
    )) > 0
  )
}

async function findHeld(tx: Transaction, fn: DeliveredFunction, { entity, sequence }: Position) {
  const isPlace = and(
    eq(heldEvents.function, fn.name),
    eq(heldEvents.entity, entity),
    eq(heldEvents.sequence, sequence)
  )
  const [held] = await tx.select({ id: heldEvents.eventId, source: heldEvents.source }).from(heldEvents).where(isPlace)
  return held
}

export async function findFirstHeld(
  tx: Transaction,
  fn: DeliveredFunction,
  entity: string
): Promise<ReceivedEvent | undefined> {
  const [found] = await tx
    .select({ held: heldEvents, edit: sql<Buffer | null>`${sql.raw(editOf('held_events'))}` })
    .from(heldEvents)
    .where(and(eq(heldEvents.function, fn.name), eq(heldEvents.entity, entity)))
    .orderBy(asc(heldEvents.sequence))
    .limit(1)
  return found && eventOf({ ...found.held, data: found.edit ?? found.held.data })
}

function eventOf(held: typeof heldEvents.$inferSelect): ReceivedEvent {
  return {
    id: held.eventId,
    source: held.source,
    type: held.attributes.type ?? '',
    subject: held.attributes.subject,
    time: held.attributes.time,
    contentType: held.attributes.datacontenttype,
    attributes: held.attributes,
    data: held.data
  }
}

export async function release(
  tx: Transaction,
  fn: DeliveredFunction,
  event: ReceivedEvent,
  place: Position
): Promise<void> {
  await tx.delete(heldEvents).where(
    and(
      eq(heldEvents.function, fn.name),
      eq(heldEvents.entity, place.entity),
      eq(heldEvents.sequence, place.sequence),
      eq(heldEvents.source, event.source), // not another event that holds this place
      eq(heldEvents.eventId, event.id)
    )
  )
}
