import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../shared/database.ts'
import { lockFence } from '../shared/fence.ts'
import { Problem } from '../shared/problem.ts'
import { startOf } from '../shared/student-functions.ts'
import { deadLetters } from '../shared/tables.ts'

/**
 * Locks the fence and then the letter that somebody wants to close: the order in which a delivery locks them.
 *
 * @throws Problem 404 for an unknown letter, 409 for one that is not open
 */
export async function lockOpenLetter(tx: Transaction, letterId: string): Promise<typeof deadLetters.$inferSelect> {
  const isLetter = eq(sql`${deadLetters.id}::text`, letterId)
  const [found] = await tx.select().from(deadLetters).where(isLetter)
  const start = found && startOf(found.function)
  if (found?.studentId && start !== undefined) {
    await lockFence(tx, found.function, found.studentId, start)
  }
  const [letter] = await tx.select().from(deadLetters).where(isLetter).for('update')
  if (letter === undefined)
    throw new Problem(404, 'unknown-letter', 'Unknown letter', `no letter has the id ${letterId}`)
  if (letter.state !== 'open') {
    throw new Problem(409, 'letter-not-open', 'Letter not open', `the letter is ${letter.state}; nothing was changed`)
  }
  return letter
}
