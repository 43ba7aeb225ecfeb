// An edit is a second version of a dead letter's data, kept on the letter beside the original bytes. The event keeps its id,
// source and sequence, and from then on the edit is what it does in that function, whoever delivers it.
import type { Database } from '../host/database.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Position } from './position.ts'

/** The handler was given other bytes than those of the event's edit: nothing is committed, and the edit is what is tried. */
export class EditedSince extends Error {
  readonly edit: Buffer

  constructor(edit: Buffer) {
    super('the event was edited')
    this.edit = edit
  }
}

/** SQL: the newest edit of a row with function, entity, sequence, source and event_id, by its name in the query. */
export const editOf = (row: string) => `(
  select edited_data from dead_letters letter
  where letter.function = ${row}.function and letter.entity = ${row}.entity and letter.sequence = ${row}.sequence
    and letter.source = ${row}.source and letter.attributes->>'id' = ${row}.event_id and letter.edited_data is not null
  order by letter.edited_at desc limit 1
)`

/** Undefined where these bytes are the edit, or there is none. */
export async function findEdit(
  db: Database,
  functionName: string,
  event: ReceivedEvent,
  { entity, sequence }: Position
): Promise<Buffer | undefined> {
  const { rows } = await db.$client.query<{ edit: Buffer | null }>(
    `select ${editOf('event')} as edit
     from (values ($1, $2, $3::integer, $4, $5)) event (function, entity, sequence, source, event_id)`,
    [functionName, entity, sequence, event.source, event.id]
  )
  const edit = rows[0]?.edit
  return edit && !edit.equals(event.data) ? edit : undefined
}
