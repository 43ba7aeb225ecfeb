// Exactly one effect per event and function, in the order of each entity's sequence.
//
// A delivery locks the fence of its function and entity, the last sequence done, and compares:
//   the event is at or below it      done already: nothing happens; another event that claims this place fails permanently
//   its predecessor is               it is next: effect, fence and handled_events row are one transaction
//   its predecessor is above it      it is held, byte for byte, until its turn comes
// The predecessor is the last event before it whose type the function accepts (position.ts), so that a function may take
// any of an entity's types.
// A first delivery, a redelivery, a replayed dead letter and a held event all take this one path. An event that a person has
// edited (edits.ts) does what the edit says, whichever bytes are delivered.
// The guarantee rests on PostgreSQL alone, so a data plane may deliver twice, late, or from two places at once.
import { and, asc, eq, ne, sql } from 'drizzle-orm'
import { inTransaction, type Database, type Transaction } from '../host/database.ts'
import { isUniqueViolation } from '../host/database-errors.ts'
import { closeEvent, closeUndisturbed, isUndisturbed } from './close-event.ts'
import { recordLetter } from './dead-letters.ts'
import { EditedSince, editOf, findEdit } from './edits.ts'
import { asFailure, InvalidEvent, PermanentFailure } from '../errors.ts'
import { lockFence, passFence } from './fence.ts'
import { inReleasedSpan } from '../events/event-span.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { firstSequenceOf, readTyped, typesOf } from '../events/event-type.ts'
import { refuseStray } from './refuse-stray.ts'
import type { ContextOf, DeliveredFunction } from './delivered-function.ts'
import { type Place, type Position, positionOf, predecessorOf } from './position.ts'
import { deadLetters, heldEvents } from '../tables.ts'

/** The event was given up before its turn came: it has no effect, whoever delivers it. */
class NotToBeApplied extends Error {}

interface Ordered extends DeliveredFunction {
  readonly contextOf: ContextOf
}

export type Outcome = 'applied' | 'already-done' | 'held'

/** Of held events applied behind one delivery. Beyond it the delivery fails and its redelivery continues. */
const maxSuccessors = 1_000

/** @throws PermanentFailure after its dead letter has been recorded; anything else may be tried again */
export async function deliverInOrder<Data>(
  db: Database,
  definition: DeliveredFunction<Data>,
  event: ReceivedEvent,
  contextOf: ContextOf = tx => ({ tx })
): Promise<Outcome> {
  const fn: Ordered = { ...definition, contextOf }
  refuseStray(fn, event)
  const place = placeOf(fn, event)
  if (place === undefined) {
    const failure = new InvalidEvent('no subject, or no sequence: not an event of an entity')
    await inTransaction(db, tx => recordLetter(tx, fn, event, failure))
    throw failure
  }
  const { outcome, successorHeld } = await deliverOne(db, fn, event, place)
  if (successorHeld) await applyHeld(db, fn, place.entity)
  return outcome
}

function placeOf({ accepts }: Ordered, event: ReceivedEvent): Place | undefined {
  const position = positionOf(event)
  if (position === undefined) return undefined
  return {
    ...position,
    predecessor: predecessorOf(position, event.attributes.predecessors, typesOf(accepts), firstSequenceOf(accepts))
  }
}

interface Delivered {
  readonly outcome: Outcome
  readonly successorHeld: boolean
}

async function deliverOne(db: Database, fn: Ordered, event: ReceivedEvent, place: Place): Promise<Delivered> {
  try {
    return await inTransaction(db, async tx => {
      const [fence, undisturbed] = await Promise.all([
        passFence(tx, fn.name, place),
        isUndisturbed(tx, fn.name, place.entity)
      ])
      if (place.sequence <= fence) {
        const failure = await whyNotDone(tx, fn, event, place)
        if (failure !== undefined) throw failure
        // A crash may have left held events behind that nobody drives: any delivery for the entity continues with them.
        return { outcome: 'already-done', successorHeld: true }
      }
      if (place.predecessor > fence) {
        const held = await hold(tx, fn, event, place)
        return { outcome: held ? 'held' : 'already-done', successorHeld: true }
      }
      if (!undisturbed) return { outcome: 'applied', successorHeld: await apply(tx, fn, event, place) }
      await fn.handle(readTyped(event, fn.accepts), fn.contextOf(tx, event))
      closeUndisturbed(tx, fn.name, event, place)
      return { outcome: 'applied', successorHeld: false }
    })
  } catch (thrown) {
    const error = failureOf(thrown)
    if (error instanceof NotToBeApplied) return { outcome: 'already-done', successorHeld: true }
    if (error instanceof EditedSince) return deliverOne(db, fn, { ...event, data: error.edit }, place)
    if (!(error instanceof PermanentFailure)) throw error
    const edit = await findEdit(db, fn.name, event, place)
    if (edit !== undefined) return deliverOne(db, fn, { ...event, data: edit }, place)
    const failure = await recordFailure(db, fn, event, place, error)
    if (failure !== undefined) throw failure
    return { outcome: 'already-done', successorHeld: true }
  }
}

/**
 * The fence has passed the event's sequence: undefined when this event is what was done there, or was given up.
 * Handled events and closed letters are kept as long as an event can come again (infra/jobs/prune.ts), so that the absence
 * of both says that somebody else has its place. It would be lost without a word if it were taken for done.
 */
async function whyNotDone(
  tx: Transaction,
  fn: Ordered,
  event: ReceivedEvent,
  { entity, sequence }: Position
): Promise<PermanentFailure | undefined> {
  const values = [fn.name, event.source, event.id, entity, sequence]
  const { rows } = await tx.$client.query<{ done: boolean; taken: boolean }>({ ...isDoneStatement, values })
  if (rows[0]?.done) return undefined
  if (rows[0]?.taken) {
    return new PermanentFailure('sequence-taken', `another event of this entity was done as sequence ${sequence}`)
  }
  return new PermanentFailure(
    'overtaken',
    `later events of this entity were done before ${fn.name} accepted ${event.type}, so sequence ${sequence} is out of turn`
  )
}

const isDoneStatement = {
  name: 'is_done',
  text: `
    select exists (
      select from handled_events
      where function = $1 and source = $2 and event_id = $3 and entity = $4 and sequence = $5
    ) or exists (
      select from dead_letters
      where function = $1 and source = $2 and attributes->>'id' = $3 and entity = $4 and sequence = $5
        and state in ('resolved', 'discarded') and origin <> 'unverified'
    ) as done, exists (
      select from handled_events where function = $1 and entity = $4 and sequence = $5
    ) as taken`
}

/** Applies what waited for its turn, one transaction each; stops at a gap or at an event that fails permanently. */
async function applyHeld(db: Database, fn: Ordered, entity: string): Promise<void> {
  for (let applied = 0; applied < maxSuccessors; applied++) {
    let next: { readonly event: ReceivedEvent; readonly place: Place; readonly passed: boolean } | undefined
    try {
      await inTransaction(db, async tx => {
        const fence = await lockFence(tx, fn.name, entity)
        const event = await findFirstHeld(tx, fn, entity)
        const place = event && placeOf(fn, event)
        if (event === undefined || place === undefined || place.predecessor > fence) return
        const passed = place.sequence <= fence
        next = { event, place, passed }
        if (!passed) return void (await inReleasedSpan(event, () => apply(tx, fn, event, place)))
        // It was held for an event whose type the function no longer accepts, and later ones have passed it.
        const failure = await whyNotDone(tx, fn, event, place)
        if (failure !== undefined) throw failure
        await release(tx, fn, event, place)
      })
    } catch (thrown) {
      const error = failureOf(thrown)
      if (error instanceof NotToBeApplied) return // discarded: its fence is moved by deadLetterReplay
      if (!(error instanceof PermanentFailure) || next === undefined) throw error
      const failure = await recordFailure(db, fn, next.event, next.place, error)
      if (failure !== undefined && !next.passed) return
    }
    if (next === undefined) return
  }
  throw new Error(`over ${maxSuccessors} held events for one entity; the redelivery continues with them`)
}

/**
 * Keeps an event until its turn; false when it was discarded already. What can never be applied must not take the place
 * of what can: it fails now.
 *
 * @throws PermanentFailure for bytes that cannot be decoded, and when another event holds this place
 */
async function hold(tx: Transaction, fn: Ordered, event: ReceivedEvent, place: Place): Promise<boolean> {
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
  fn: Ordered,
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

async function findHeld(tx: Transaction, fn: Ordered, { entity, sequence }: Position) {
  const isPlace = and(
    eq(heldEvents.function, fn.name),
    eq(heldEvents.entity, entity),
    eq(heldEvents.sequence, sequence)
  )
  const [held] = await tx.select({ id: heldEvents.eventId, source: heldEvents.source }).from(heldEvents).where(isPlace)
  return held
}

async function findFirstHeld(tx: Transaction, fn: Ordered, entity: string): Promise<ReceivedEvent | undefined> {
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

/** Runs the handler and closes the event in the same transaction; returns whether the next one is waiting. */
async function apply(tx: Transaction, fn: Ordered, event: ReceivedEvent, place: Position): Promise<boolean> {
  await fn.handle(readTyped(event, fn.accepts), fn.contextOf(tx, event))
  const closed = await closeEvent(tx, fn.name, event, place)
  if (closed?.discarded) throw new NotToBeApplied()
  if (closed?.edit && !closed.edit.equals(event.data)) throw new EditedSince(closed.edit)
  return closed?.successor_held ?? false
}

/** What it means where the database refused the effect, what it published, or its close. */
function failureOf(error: unknown): unknown {
  if (isUniqueViolation(error, 'handled_events')) {
    return new PermanentFailure('event-id-reused', 'another event with the same source and id has been handled')
  }
  return asFailure(error)
}

/**
 * Records the letter. Another delivery may have moved the fence past the event meanwhile: then the failure is that its
 * place is taken, or there is none and undefined is returned, because that delivery was of this very event.
 */
async function recordFailure(
  db: Database,
  fn: Ordered,
  event: ReceivedEvent,
  place: Place,
  found: PermanentFailure
): Promise<PermanentFailure | undefined> {
  return inTransaction(db, async tx => {
    const fence = await lockFence(tx, fn.name, place.entity)
    const failure = place.sequence <= fence ? await whyNotDone(tx, fn, event, place) : found
    if (failure === undefined) return undefined
    await recordLetter(tx, fn, event, failure, place)
    await release(tx, fn, event, place)
    return failure
  })
}

async function release(tx: Transaction, fn: Ordered, event: ReceivedEvent, place: Position): Promise<void> {
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
