// Exactly one effect per event and function, in no order: the row in handled_events is written with the effect or not at all.
import { asFailure, PermanentFailure } from '../errors.ts'
import { readTyped } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Database, Transaction } from '../host/database.ts'
import { inTransaction } from '../host/transaction.ts'
import { recordLetter } from './dead-letters.ts'
import { refuseStray } from './refuse-stray.ts'
import type { ContextOf, DeliveredFunction } from './delivered-function.ts'

// Named, so that PostgreSQL plans it once a connection: it is on the path of every event. First in the transaction, so that
// a delivery of the same event that comes meanwhile waits for this one.
const claimStatement = {
  name: 'claim_event',
  text: `
    with claimed as (
      insert into handled_events (function, source, event_id) values ($1, $2, $3)
      on conflict do nothing
      returning 1
    ), resolved as (
      update dead_letters set state = 'resolved', closed_at = now(), due_at = null,
        closed_because = case when edited_data is null then 'applied' else 'applied as edited' end
      where function = $1 and source = $2 and event_id = $3 and state in ('open', 'replaying')
        and exists (select from claimed)
      returning edited_data
    )
    select
      exists (select from claimed) as claimed,
      (select edited_data from resolved) as edit,
      exists (
        select from dead_letters
        where function = $1 and source = $2 and event_id = $3 and state = 'discarded'
      ) as discarded`
}

const claimUnknownStatement = {
  name: 'claim_events',
  text: `
    insert into handled_events (function, source, event_id)
    select $1, source, id from unnest($2::text[], $3::text[]) as wanted (source, id)
    where not exists (
      select from dead_letters
      where dead_letters.function = $1 and dead_letters.source = wanted.source and dead_letters.event_id = wanted.id
    )
    order by source, id
    on conflict do nothing
    returning source, event_id as id`
}

/** Claims several events that have no letters, and returns those that nobody had claimed before. */
export async function claimUnknown(
  tx: Transaction,
  functionName: string,
  events: readonly Pick<ReceivedEvent, 'source' | 'id'>[]
): Promise<readonly Pick<ReceivedEvent, 'source' | 'id'>[]> {
  const values = [functionName, events.map(({ source }) => source), events.map(({ id }) => id)]
  return (await tx.$client.query<{ source: string; id: string }>({ ...claimUnknownStatement, values })).rows
}

interface Claim {
  readonly claimed: boolean
  /** Of its letter: it is what the event does here, whatever bytes are delivered. */
  readonly edit: Buffer | null
  readonly discarded: boolean
}

/** The event was given up: it has no effect, whoever delivers it. */
class NotToBeApplied extends Error {}

/** @throws PermanentFailure after its dead letter has been recorded; anything else may be tried again */
export async function deliverOnce<Data>(
  db: Database,
  fn: DeliveredFunction<Data>,
  event: ReceivedEvent,
  contextOf: ContextOf = tx => ({ tx })
): Promise<'applied' | 'already-done'> {
  refuseStray(fn, event)
  try {
    return await inTransaction(db, async tx => {
      const values = [fn.name, event.source, event.id]
      const { rows } = await tx.$client.query<Claim>({ ...claimStatement, values })
      if (rows[0]?.discarded) throw new NotToBeApplied()
      if (!rows[0]?.claimed) return 'already-done'
      const data = rows[0].edit ?? event.data
      await fn.handle(readTyped({ ...event, data }, fn.accepts), contextOf(tx, event))
      return 'applied'
    })
  } catch (error) {
    if (error instanceof NotToBeApplied) return 'already-done'
    const failure = asFailure(error)
    if (failure instanceof PermanentFailure) await inTransaction(db, tx => recordLetter(tx, fn, event, failure))
    throw failure
  }
}
