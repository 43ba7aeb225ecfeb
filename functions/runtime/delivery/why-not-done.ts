import { PermanentFailure } from '../errors.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Transaction } from '../host/database.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import type { Position } from './position.ts'

/**
 * The fence has passed the event's sequence: undefined when this event is what was done there, or was given up.
 * Handled events and closed letters are kept as long as an event can come again (infra/jobs/prune.ts), so that the absence
 * of both says that somebody else has its place. It would be lost without a word if it were taken for done.
 */
export async function whyNotDone(
  tx: Transaction,
  fn: Pick<DeliveredFunction, 'name'>,
  event: ReceivedEvent,
  { entity, sequence }: Position
): Promise<PermanentFailure | undefined> {
  const values = [fn.name, event.source, event.id, entity, sequence]
  const { rows } = await tx.$client.query<{ done: boolean; taken: boolean }>({ ...isDoneStatement, values })
  if (rows[0]?.done) return undefined
  if (rows[0]?.taken) {
    return new PermanentFailure('sequence-taken', `another event of this entity was done as sequence ${sequence}`)
  }
  return new PermanentFailure(
    'overtaken',
    `later events of this entity were done before ${fn.name} accepted ${event.type}, so sequence ${sequence} is out of turn`
  )
}

const isDoneStatement = {
  name: 'is_done',
  text: `
    select exists (
      select from handled_events
      where function = $1 and source = $2 and event_id = $3 and entity = $4 and sequence = $5
    ) or exists (
      select from dead_letters
      where function = $1 and source = $2 and attributes->>'id' = $3 and entity = $4 and sequence = $5
        and state in ('resolved', 'discarded') and origin <> 'unverified'
    ) as done, exists (
      select from handled_events where function = $1 and entity = $4 and sequence = $5
    ) as taken`
}
