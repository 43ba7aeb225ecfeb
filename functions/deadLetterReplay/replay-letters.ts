// A request to replay: marks the chosen letters due and waits a moment to tell what became of them.
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../shared/database.ts'
import { deadLetters } from '../shared/tables.ts'
import { matches, type ReplayCommand } from './letter-filter.ts'

/** Of letters named in one answer; all that match are replayed. */
const maxListed = 1_000
const settleTimeoutMs = 5_000
const settlePollMs = 50

const summary = {
  id: deadLetters.id,
  function: deadLetters.function,
  reason: deadLetters.reason,
  state: deadLetters.state,
  student: deadLetters.studentId,
  sequence: deadLetters.sequence,
  type: sql<string>`${deadLetters.attributes}->>'type'`
}

/** What would be replayed, oldest first and in the order of each student's events. */
export async function previewReplay(db: Database, command: ReplayCommand) {
  const open = and(matches(command), eq(deadLetters.state, 'open'))
  const letters = await db
    .select(summary)
    .from(deadLetters)
    .where(open)
    .orderBy(asc(deadLetters.studentId), asc(deadLetters.sequence), asc(deadLetters.id))
    .limit(maxListed)
  return { dryRun: true, count: await db.$count(deadLetters, open), wouldReplay: letters }
}

/** Marks letters due. The replayer works from the database, so they are replayed even when this process ends now. */
export async function requestReplay(db: Database, command: ReplayCommand): Promise<string[]> {
  const due = await db
    .update(deadLetters)
    .set({ dueAt: sql`now()` })
    .where(and(matches(command), eq(deadLetters.state, 'open')))
    .returning({ id: deadLetters.id })
  return due.map(({ id }) => id)
}

/** Waits, within a bound, until no chosen letter is due or under way, and tells the state of each. */
export async function awaitReplay(db: Database, ids: readonly string[]) {
  const listed = ids.slice(0, maxListed)
  const chosen = inArray(deadLetters.id, listed)
  const deadline = performance.now() + settleTimeoutMs
  while (listed.length > 0 && performance.now() < deadline) {
    const pending = await db.$count(
      deadLetters,
      and(chosen, sql`(${deadLetters.state} = 'replaying' or ${deadLetters.dueAt} <= now())`)
    )
    if (pending === 0) break
    await sleep(settlePollMs)
  }
  const letters =
    listed.length === 0 ? [] : await db.select(summary).from(deadLetters).where(chosen).orderBy(asc(deadLetters.id))
  return { dryRun: false, count: ids.length, replayed: letters }
}
