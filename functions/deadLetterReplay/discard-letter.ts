// Gives an event up, with a reason. Its student's fence moves over it on purpose, so that what is held behind it continues.
import { and, between, eq, inArray, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Place } from '../runtime/delivery/position.ts'
import { line } from '../runtime/events/command.ts'
import type { Database, Transaction } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { fences, heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { ownsPlace } from './letter-origin.ts'
import { lockOpenLetter, releaseHeld } from './open-letter.ts'

export const DiscardCommand = z.strictObject({ reason: line(500) })

/** Answers whether the fence moved: not yet when an earlier event is missing, never when another event has the place, or the letter's origin is unknown. @throws Problem 404, 409 */
export async function discardLetter(db: Database, letterId: string, reason: string) {
  return inTransaction(db, async tx => {
    const letter = await lockOpenLetter(tx, letterId)
    const { function: functionName, entity, sequence, predecessor } = letter
    await releaseHeld(tx, letter)
    await tx
      .update(deadLetters)
      .set({ state: 'discarded', closedAt: sql`now()`, closedBecause: `discarded: ${reason}`, dueAt: null })
      .where(eq(deadLetters.id, letterId))
    const owned = await tx.$count(deadLetters, and(eq(deadLetters.id, letterId), ownsPlace('dead_letters')))
    const holdsPlace = entity !== null && sequence !== null && owned > 0
    const place = holdsPlace && { entity, sequence, predecessor: predecessor ?? sequence - 1 }
    const moved = place && (await moveFenceOver(tx, functionName, place))
    return { id: letterId, state: 'discarded', student: entity, sequence, fenceMoved: moved }
  })
}

async function moveFenceOver(
  tx: Transaction,
  functionName: string,
  { entity, sequence, predecessor }: Place
): Promise<boolean> {
  // Another event that claims the place: while its letter is open, the place is not given up.
  const another = await tx.$count(
    deadLetters,
    and(
      eq(deadLetters.function, functionName),
      eq(deadLetters.entity, entity),
      eq(deadLetters.sequence, sequence),
      inArray(deadLetters.state, ['open', 'replaying'])
    )
  )
  if (another > 0) return false
  // Its own held event is gone: this is another one, which is next in line now and continues automatically.
  const held = await tx.$count(
    heldEvents,
    and(eq(heldEvents.function, functionName), eq(heldEvents.entity, entity), eq(heldEvents.sequence, sequence))
  )
  if (held > 0) return false
  const moved = await tx
    .update(fences)
    .set({ sequence })
    .where(
      and(
        eq(fences.function, functionName),
        eq(fences.entity, entity),
        between(fences.sequence, predecessor, sequence - 1)
      )
    )
  return moved.rowCount === 1
}
