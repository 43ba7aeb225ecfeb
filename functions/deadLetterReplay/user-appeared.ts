// A row of the users table was written: what waited for that user is due.
//
//   in   db.public.users, a Debezium change event as a CloudEvent   (infra/debezium/users-connector.yaml)
//   out  letters that wait for the user are marked due; the replayer sends them
import { and, eq, inArray, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Database } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { lockAwaited } from '../runtime/delivery/dead-letters.ts'
import { InvalidEvent } from '../runtime/errors.ts'
import { parseJson } from '../runtime/events/json.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { userWithId } from '../students/user-with-id.ts'

/** `after` is null for a deletion; an event without it is no change event. */
const Change = z.object({ after: z.object({ id: z.string() }).nullable() })

/** Returns how many letters are due now. @throws InvalidEvent when the event is no change of a user */
export async function userAppeared(db: Database, event: ReceivedEvent): Promise<number> {
  const userId = readChange(event).after?.id
  if (userId === undefined) return 0 // a deletion
  return inTransaction(db, async tx => {
    const { key } = userWithId(userId)
    await lockAwaited(tx, key)
    // A letter under way may just have missed the user: it is due once that replay is over, if it is open then.
    const due = await tx
      .update(deadLetters)
      .set({ dueAt: sql`now()`, automaticReplays: 0 })
      .where(and(eq(deadLetters.waitsFor, key), inArray(deadLetters.state, ['open', 'replaying'])))
      .returning({ id: deadLetters.id })
    return due.length
  })
}

function readChange(event: ReceivedEvent): z.infer<typeof Change> {
  if (event.data.length === 0) return { after: null } // a tombstone
  try {
    return Change.parse(parseJson(event.data))
  } catch {
    throw new InvalidEvent('data is not a change of a user: no "after" with an id')
  }
}
