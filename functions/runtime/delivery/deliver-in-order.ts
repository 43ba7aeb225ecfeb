// Exactly one effect per event and function, in the order of each student's sequence.
//
// A delivery locks the fence of its function and student and compares sequences:
//   at or below the fence   done already: nothing happens; another event that claims this place fails for good
//   the next one            effect, fence and handled_events row are one transaction
//   a later one             is held, byte for byte, until its turn comes
// A first delivery, a redelivery, a replayed dead letter and a held event all take this one path.
// The guarantee rests on PostgreSQL alone, so a data plane may deliver twice, late, or from two places at once.
import { and, eq, sql } from 'drizzle-orm'
import { inTransaction, type Database, type Transaction } from '../host/database.ts'
import { isDataRefused, isUniqueViolation } from '../host/database-errors.ts'
import { recordLetter } from './dead-letters.ts'
import { isEditOf, sentAs } from './edited-event.ts'
import { InvalidEvent, PermanentFailure } from '../errors.ts'
import { lockFence } from './fence.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { type Position, positionOf, readStudentEvent, type StudentEvent } from '../../students/student-events.ts'
import { deadLetters, heldEvents } from '../../students/tables.ts'

export interface StudentFunction {
  readonly name: string
  readonly accepts: readonly string[]
  /** The sequence before the first one that this function ever sees: 1 for one that never sees a create. */
  readonly startsAfter: 0 | 1
  /** @throws PermanentFailure when the same event will fail again; anything else is tried again */
  handle(event: StudentEvent, tx: Transaction): Promise<void>
}

/** The event was given up before its turn came, or an edit of it waits in its place: it has no effect, whoever delivers it. */
class NotToBeApplied extends Error {}

export type Outcome = 'applied' | 'already-done' | 'held'

/** Of held events applied behind one delivery. Beyond it the delivery fails and its redelivery goes on. */
const maxSuccessors = 1_000

/** @throws PermanentFailure after its dead letter has been recorded; anything else may be tried again */
export async function deliverInOrder(db: Database, fn: StudentFunction, event: ReceivedEvent): Promise<Outcome> {
  const position = positionOf(event)
  if (position === undefined) {
    const failure = new InvalidEvent('no subject, or no sequence: not an event of a student')
    await inTransaction(db, tx => recordLetter(tx, fn.name, event, failure))
    throw failure
  }
  const { outcome, successorHeld } = await deliverOne(db, fn, event, position)
  if (successorHeld) await applyHeld(db, fn, position.studentId)
  return outcome
}

interface Delivered {
  readonly outcome: Outcome
  readonly successorHeld: boolean
}

async function deliverOne(
  db: Database,
  fn: StudentFunction,
  event: ReceivedEvent,
  position: Position
): Promise<Delivered> {
  try {
    return await inTransaction(db, async tx => {
      const fence = await lockFence(tx, fn.name, position.studentId, fn.startsAfter)
      if (position.sequence <= fence) {
        const failure = await whyNotDone(tx, fn, event, position)
        if (failure !== undefined) throw failure
        // A crash may have left held events behind that nobody drives: any delivery for the student goes on with them.
        return { outcome: 'already-done', successorHeld: true }
      }
      if (position.sequence > fence + 1) {
        const held = await hold(tx, fn, event, position)
        return { outcome: held ? 'held' : 'already-done', successorHeld: true }
      }
      return { outcome: 'applied', successorHeld: await apply(tx, fn, event, position) }
    })
  } catch (error) {
    if (error instanceof NotToBeApplied) return { outcome: 'already-done', successorHeld: true }
    if (!(error instanceof PermanentFailure)) throw error
    const failure = await recordFailure(db, fn, event, position, error)
    if (failure !== undefined) throw failure
    return { outcome: 'already-done', successorHeld: true }
  }
}

/**
 * The fence has passed the event's sequence: undefined when this event is what was done there, or was given up or edited.
 * Handled events and closed letters are kept as long as an event can come again (infra/jobs/prune.ts), so that the absence
 * of both says that somebody else has its place. It would be lost without a word if it were taken for done.
 */
async function whyNotDone(
  tx: Transaction,
  fn: StudentFunction,
  event: ReceivedEvent,
  { studentId, sequence }: Position
): Promise<PermanentFailure | undefined> {
  const values = [fn.name, event.source, event.id, studentId, sequence]
  const { rows } = await tx.$client.query<{ done: boolean }>({ ...isDoneStatement, values })
  if (rows[0]?.done) return undefined
  if (sequence <= fn.startsAfter) {
    return new InvalidEvent(`sequence ${sequence} comes before the first that ${fn.name} takes`)
  }
  return new PermanentFailure('sequence-taken', `another event of this student was done as sequence ${sequence}`)
}

const isDoneStatement = {
  name: 'is_done',
  text: `
    select exists (
      select from handled_events
      where function = $1 and source = $2 and event_id = $3 and student_id = $4 and sequence = $5
    ) or exists (
      select from dead_letters
      where function = $1 and source = $2 and attributes->>'id' = $3 and student_id = $4 and sequence = $5
        and state in ('resolved', 'discarded')
    ) as done`
}

/** Applies what waited for its turn, one transaction each; stops at a gap or at an event that fails for good. */
async function applyHeld(db: Database, fn: StudentFunction, studentId: string): Promise<void> {
  for (let applied = 0; applied < maxSuccessors; applied++) {
    let next: (Position & { event: ReceivedEvent }) | undefined
    try {
      await inTransaction(db, async tx => {
        const sequence = (await lockFence(tx, fn.name, studentId, fn.startsAfter)) + 1
        const event = await findHeld(tx, fn, studentId, sequence)
        if (event === undefined) return
        next = { studentId, sequence, event }
        await apply(tx, fn, event, next)
      })
    } catch (error) {
      if (error instanceof NotToBeApplied) return // discarded: its fence is moved by deadLetterReplay
      if (!(error instanceof PermanentFailure) || next === undefined) throw error
      if ((await recordFailure(db, fn, next.event, next, error)) !== undefined) return
    }
    if (next === undefined) return
  }
  throw new Error(`over ${maxSuccessors} held events for one student; the redelivery goes on with them`)
}

type Held = Pick<ReceivedEvent, 'source' | 'attributes'>

interface Closed {
  readonly successor_held: boolean
  readonly another_held: Held | null
  readonly discarded: boolean
}

// Named, so that PostgreSQL plans it once a connection: it is on the path of every event.
const closeEventStatement = {
  name: 'close_event',
  text: `
    with recursive ${sentAs}, handled as (
      insert into handled_events (function, student_id, sequence, source, event_id) values ($1, $2, $3, $4, $5)
    ), moved as (
      update fences set sequence = $3 where function = $1 and student_id = $2
    ), resolved as (
      update dead_letters set state = 'resolved', closed_at = now(), due_at = null,
        closed_because = case when attributes->>'id' = $5 then 'applied' else 'applied as ' || $5 end
      where function = $1 and student_id = $2 and sequence = $3 and source = $4 and state in ('open', 'replaying')
        -- Not the letter of a rival for this place: that one stays open, and a person decides.
        and (attributes->>'id' = $5 or event_id = any (array(select event_id from sent_as)))
    ), released as (
      delete from held_events where function = $1 and student_id = $2 and sequence = $3
    )
    select exists (
      select from held_events where function = $1 and student_id = $2 and sequence = $3 + 1
    ) as successor_held, (
      select jsonb_build_object('source', source, 'attributes', attributes) from held_events
      where function = $1 and student_id = $2 and sequence = $3 and (source <> $4 or event_id <> $5)
    ) as another_held, exists (
      select from dead_letters
      where function = $1 and student_id = $2 and sequence = $3 and source = $4 and attributes->>'id' = $5
        and state = 'discarded'
    ) as discarded`
}

/**
 * Keeps an event until its turn; false when it was discarded already. What can never be applied must not take the place
 * of what can: it fails now.
 *
 * @throws PermanentFailure for bytes that cannot be decoded, and when another event holds this place
 */
async function hold(tx: Transaction, fn: StudentFunction, event: ReceivedEvent, position: Position): Promise<boolean> {
  readStudentEvent(event, fn.accepts)
  if (await isDiscarded(tx, fn, event, position)) return false
  const inserted = await tx
    .insert(heldEvents)
    .values({
      function: fn.name,
      ...position,
      source: event.source,
      eventId: event.id,
      attributes: event.attributes,
      data: event.data
    })
    .onConflictDoNothing()
  if (inserted.rowCount === 1) return true
  const there = await findHeld(tx, fn, position.studentId, position.sequence)
  if (there?.id === event.id && there.source === event.source) return true
  if (there !== undefined && (await isEditOf(tx, fn.name, there, event, position))) return true
  throw heldByAnother(position.sequence)
}

const heldByAnother = (sequence: number) =>
  new PermanentFailure('sequence-taken', `another event of this student holds sequence ${sequence}`)

async function isDiscarded(
  tx: Transaction,
  fn: StudentFunction,
  event: ReceivedEvent,
  { studentId, sequence }: Position
): Promise<boolean> {
  const isLetter = and(
    eq(deadLetters.function, fn.name),
    eq(deadLetters.source, event.source),
    eq(sql`${deadLetters.attributes}->>'id'`, event.id),
    eq(deadLetters.studentId, studentId),
    eq(deadLetters.sequence, sequence)
  )
  return (await tx.$count(deadLetters, and(isLetter, eq(deadLetters.state, 'discarded')))) > 0
}

async function findHeld(
  tx: Transaction,
  fn: StudentFunction,
  studentId: string,
  sequence: number
): Promise<ReceivedEvent | undefined> {
  const [held] = await tx
    .select()
    .from(heldEvents)
    .where(
      and(eq(heldEvents.function, fn.name), eq(heldEvents.studentId, studentId), eq(heldEvents.sequence, sequence))
    )
  if (held === undefined) return undefined
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

/** Runs the handler and closes the event in the same transaction; tells whether the next one is waiting. */
async function apply(
  tx: Transaction,
  fn: StudentFunction,
  event: ReceivedEvent,
  { studentId, sequence }: Position
): Promise<boolean> {
  try {
    await fn.handle(readStudentEvent(event, fn.accepts), tx)
    const values = [fn.name, studentId, sequence, event.source, event.id, event.attributes.causationid]
    const { rows } = await tx.$client.query<Closed>({ ...closeEventStatement, values })
    const [closed] = rows
    if (closed?.discarded) throw new NotToBeApplied()
    if (closed?.another_held) {
      const isEdit = await isEditOf(tx, fn.name, closed.another_held, event, { studentId, sequence })
      throw isEdit ? new NotToBeApplied() : heldByAnother(sequence)
    }
    return closed?.successor_held ?? false
  } catch (error) {
    if (isUniqueViolation(error, 'handled_events')) {
      throw new PermanentFailure('event-id-reused', 'another event with the same source and id has been handled')
    }
    throw isDataRefused(error) ? new InvalidEvent('the database cannot keep these values') : error
  }
}

/**
 * Records the letter. Another delivery may have moved the fence past the event meanwhile: then the failure is that its
 * place is taken, or there is none and undefined is returned, because that delivery was of this very event.
 */
async function recordFailure(
  db: Database,
  fn: StudentFunction,
  event: ReceivedEvent,
  position: Position,
  found: PermanentFailure
): Promise<PermanentFailure | undefined> {
  return inTransaction(db, async tx => {
    const fence = await lockFence(tx, fn.name, position.studentId, fn.startsAfter)
    const failure = position.sequence <= fence ? await whyNotDone(tx, fn, event, position) : found
    if (failure === undefined) return undefined
    await recordLetter(tx, fn.name, event, failure, position)
    await tx.delete(heldEvents).where(
      and(
        eq(heldEvents.function, fn.name),
        eq(heldEvents.studentId, position.studentId),
        eq(heldEvents.sequence, position.sequence),
        eq(heldEvents.source, event.source), // not another event that holds this place
        eq(heldEvents.eventId, event.id)
      )
    )
    return failure
  })
}
