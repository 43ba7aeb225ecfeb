// An edited event (../deadLetterReplay/resend-letter.ts) has an id of its own, and names in `causationid` the event that it
// stands for. That one may be an edit itself, and one event may be edited more than once: their letters tell.
import type { Transaction } from '../host/database.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Position } from './position.ts'

/**
 * A recursive CTE of all ids under which an edited event was sent, none for an event that is no edit.
 * $1 function, $2 entity, $3 sequence, $4 source, $6 `causationid`
 */
export const sentAs = `
  sent_as as (
    select $6::text as event_id where $6::text is not null
    union
    select unnest(array[letter.event_id, letter.attributes->>'causationid'])
    from sent_as join dead_letters letter
      on letter.function = $1 and letter.entity = $2 and letter.sequence = $3 and letter.source = $4
      and sent_as.event_id in (letter.event_id, letter.attributes->>'causationid')
  )`

/** Whether `edit` stands for `event`, both of which claim the same position. */
export async function isEditOf(
  tx: Transaction,
  functionName: string,
  edit: Pick<ReceivedEvent, 'source' | 'attributes'>,
  event: ReceivedEvent,
  { entity, sequence }: Position
): Promise<boolean> {
  const { causationid } = edit.attributes
  if (causationid === undefined || edit.source !== event.source) return false
  const { rowCount } = await tx.$client.query(`with recursive ${sentAs} select from sent_as where event_id = $5`, [
    functionName,
    entity,
    sequence,
    event.source,
    event.id,
    causationid
  ])
  return rowCount === 1
}
