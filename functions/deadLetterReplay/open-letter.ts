import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../shared/database.ts'
import { Problem } from '../shared/problem.ts'
import { deadLetters } from '../shared/tables.ts'

/** Locks a letter that somebody wants to close. @throws Problem 404 for an unknown letter, 409 for one that is not open */
export async function lockOpenLetter(tx: Transaction, letterId: string): Promise<typeof deadLetters.$inferSelect> {
  const [letter] = await tx
    .select()
    .from(deadLetters)
    .where(eq(sql`${deadLetters.id}::text`, letterId))
    .for('update')
  if (letter === undefined)
    throw new Problem(404, 'unknown-letter', 'Unknown letter', `no letter has the id ${letterId}`)
  if (letter.state !== 'open') {
    throw new Problem(409, 'letter-not-open', 'Letter not open', `the letter is ${letter.state}; nothing was changed`)
  }
  return letter
}
