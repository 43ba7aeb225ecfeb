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
import type { Database, Transaction } from '../host/database.ts'
import { inTransaction } from '../host/transaction.ts'
import { isUniqueViolation } from '../host/database-errors.ts'
import { closeEvent, closeUndisturbed, isUndisturbed } from './close-event.ts'
import { recordLetter } from './dead-letters.ts'
import { EditedSince, findEdit } from './edits.ts'
import { asFailure, InvalidEvent, PermanentFailure } from '../errors.ts'
import { lockFence, passFence } from './fence.ts'
import { inReleasedSpan } from '../events/event-span.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { readTyped } from '../events/event-type.ts'
import { refuseStray } from './refuse-stray.ts'
import type { ContextOf, DeliveredFunction } from './delivered-function.ts'
import { findFirstHeld, hold, release } from './held-events.ts'
import { placeOf } from './place.ts'
import type { Place, Position } from './position.ts'
import { whyNotDone } from './why-not-done.ts'

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
  const place = placeOf(fn.accepts, event)
  if (place === undefined) {
    const failure = new InvalidEvent('no subject, or no sequence: not an event of an entity')
    await inTransaction(db, tx => recordLetter(tx, fn, event, failure))
    throw failure
  }
  const { outcome, successorHeld } = await deliverOne(db, fn, event, place)
  if (successorHeld) await applyHeld(db, fn, place.entity)
  return outcome
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

/** Applies what waited for its turn, one transaction each; stops at a gap or at an event that fails permanently. */
async function applyHeld(db: Database, fn: Ordered, entity: string): Promise<void> {
  for (let applied = 0; applied < maxSuccessors; applied++) {
    let next: { readonly event: ReceivedEvent; readonly place: Place; readonly passed: boolean } | undefined
    try {
      await inTransaction(db, async tx => {
        const fence = await lockFence(tx, fn.name, entity)
        const event = await findFirstHeld(tx, fn, entity)
        const place = event && placeOf(fn.accepts, event)
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
