import { and, eq, sql } from 'drizzle-orm'
import type { Transaction } from '../runtime/host/database.ts'
import { lockFence } from '../runtime/delivery/fence.ts'
import { Problem } from '../runtime/host/problem.ts'
import { heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'

type Letter = typeof deadLetters.$inferSelect

/**
 * Locks the fence and then the letter that somebody wants to close: the order in which a delivery locks them.
 *
 * @throws Problem 404 for an unknown letter, 409 for one that is not open
 */
export async function lockOpenLetter(tx: Transaction, letterId: string): Promise<Letter> {
  const isLetter = eq(sql`${deadLetters.id}::text`, letterId)
  const [found] = await tx.select().from(deadLetters).where(isLetter)
  if (found?.entity) await lockFence(tx, found.function, found.entity)
  const [letter] = await tx.select().from(deadLetters).where(isLetter).for('update')
  if (letter === undefined)
    throw new Problem(404, 'unknown-letter', 'Unknown letter', `no letter has the id ${letterId}`)
  if (letter.state !== 'open') {
    throw new Problem(409, 'letter-not-open', 'Letter not open', `the letter is ${letter.state}; nothing was changed`)
  }
  return letter
}

/** Takes back the event of a locked letter where it waits for its turn: it is given up. */
export async function releaseHeld(tx: Transaction, letter: Letter): Promise<void> {
  await tx
    .delete(heldEvents)
    .where(
      and(
        eq(heldEvents.function, letter.function),
        eq(heldEvents.source, letter.source),
        eq(heldEvents.eventId, letter.eventId),
        eq(heldEvents.entity, letter.entity ?? ''),
        eq(heldEvents.sequence, letter.sequence ?? 0)
      )
    )
}
