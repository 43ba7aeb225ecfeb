// Edits a letter's event and sends it, as a replay of its own. The edit is a second version of the data, kept on the letter
// beside the original bytes: every attribute stays, so that the event keeps its id and its place in its student's order; only
// `expirytime` is not sent, because whoever sends it again wants it done now.
import { create, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import * as z from 'zod'
import { line } from '../runtime/events/command.ts'
import type { Database } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { Problem } from '../runtime/host/problem.ts'
import { eventSchemasByType } from '../students/student-events.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { lockOpenLetter } from './open-letter.ts'

export const ResendCommand = z.strictObject({
  reason: line(500),
  /** The message as JSON, in the place of the old one. */
  data: z.record(z.string(), z.json()),
  /** Who edits it, for whoever reads the letter later. */
  by: line(100).optional(),
  /** Needed for a letter of unknown origin. */
  unverified: z.boolean().optional()
})
export type ResendCommand = z.infer<typeof ResendCommand>

/** Returns the replay's id. @throws Problem 404, 409; 400 when the data does not fit the event's type */
export async function resendLetter(db: Database, letterId: string, command: ResendCommand): Promise<string> {
  return inTransaction(db, async tx => {
    const letter = await lockOpenLetter(tx, letterId)
    if (letter.origin === 'unverified' && !command.unverified) {
      throw new Problem(
        409,
        'letter-unverified',
        'Letter of unknown origin',
        'nothing here published its event; say unverified to send it all the same'
      )
    }
    const editedData = encode(letter.attributes, command.data)
    const edit = { editedData, editedAt: sql`now()`, editedBy: command.by ?? null, editedBecause: command.reason }
    await tx
      .update(deadLetters)
      .set({ ...edit, state: 'replaying', dueAt: null })
      .where(eq(deadLetters.id, letterId))
    const jobId = uuidv7()
    await tx.insert(replayJobs).values({ id: jobId, name: `edited: ${command.reason}`, command, concurrency: 1 })
    await tx.insert(replayItems).values({ jobId, letterId, position: 1 })
    return jobId
  })
}

function encode(attributes: EventAttributes, data: Record<string, JsonValue>): Buffer {
  const schema = eventSchemasByType.get(attributes.type ?? '')
  if (schema === undefined) {
    if (/json/i.test(attributes.datacontenttype ?? 'json')) return Buffer.from(JSON.stringify(data))
    throw new Problem(400, 'invalid-data', 'Invalid data', `data of the type ${attributes.type} cannot be edited here`)
  }
  try {
    return Buffer.from(toBinary(schema, create<typeof schema>(schema, fromJson<typeof schema>(schema, data))))
  } catch (error) {
    throw new Problem(400, 'invalid-data', 'Invalid data', error instanceof Error ? error.message : String(error))
  }
}
