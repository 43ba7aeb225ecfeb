// Closing: what is done is written down in the transaction of its effect. The event is handled and the fence moves over it.
//
// An event whose entity has neither letters nor held events in the function, which is nearly every one, is closed by a statement
// that nobody waits for. Any other one may have a letter that is resolved by it, an edit, or events that wait behind it.
import type { Transaction } from '../host/database.ts'
import { allSent, insertAtCommit } from '../host/transaction.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Position } from './position.ts'

interface Closed {
  readonly successor_held: boolean
  readonly discarded: boolean
  readonly edit: Buffer | null
}

// Both are named, so that PostgreSQL plans them once a connection: they are on the path of every event.

const closeEventStatement = {
  name: 'close_event',
  text: `
    with handled as (
      insert into handled_events (function, entity, sequence, source, event_id) values ($1, $2, $3, $4, $5)
    ), moved as (
      update fences set sequence = $3 where function = $1 and entity = $2
    ), resolved as (
      update dead_letters set state = 'resolved', closed_at = now(), due_at = null,
        closed_because = case when edited_data is null then 'applied' else 'applied as edited' end
      where function = $1 and entity = $2 and sequence = $3 and source = $4 and attributes->>'id' = $5
        and state in ('open', 'replaying')
      returning edited_data, edited_at
    ), released as (
      delete from held_events
      where function = $1 and entity = $2 and sequence = $3 and source = $4 and event_id = $5
    )
    select exists (
      -- From its own place on: another event that is held there is out of turn now.
      select from held_events where function = $1 and entity = $2 and sequence >= $3
        and coalesce(predecessor, sequence - 1) <= $3
    ) as successor_held, (
      select edited_data from resolved where edited_data is not null order by edited_at desc limit 1
    ) as edit, exists (
      select from dead_letters
      where function = $1 and entity = $2 and sequence = $3 and source = $4 and attributes->>'id' = $5
        and state = 'discarded' and origin <> 'unverified'
    ) as discarded`
}

const handled = {
  name: 'note_handled',
  table: 'handled_events',
  columns: ['function', 'entity', 'sequence', 'source', 'event_id']
}

const isUndisturbedStatement = {
  name: 'is_undisturbed',
  text: `
    select not exists (select from dead_letters where function = $1 and entity = $2)
      and not exists (select from held_events where function = $1 and entity = $2) as undisturbed`
}

/**
 * Whether the entity has neither letters nor held events in the function. Asked behind the lock of its fence, without which nobody
 * writes either, it stays true until the transaction ends.
 */
export async function isUndisturbed(tx: Transaction, functionName: string, entity: string): Promise<boolean> {
  const values = [functionName, entity]
  const { rows } = await tx.$client.query<{ undisturbed: boolean }>({ ...isUndisturbedStatement, values })
  return rows[0]?.undisturbed ?? false
}

const disturbedStatement = {
  name: 'disturbed',
  text: `
    select entity from dead_letters where function = $1 and entity = any($2)
    union all select entity from held_events where function = $1 and entity = any($2)`
}

/** The same of several entities: those that have letters or held events. */
export async function disturbedOf(
  tx: Transaction,
  functionName: string,
  entities: readonly string[]
): Promise<ReadonlySet<string>> {
  const values = [functionName, entities]
  const { rows } = await tx.$client.query<{ entity: string }>({ ...disturbedStatement, values })
  return new Set(rows.map(({ entity }) => entity))
}

/** With all that letters and held events of the entity ask for. @throws also what an earlier statement failed with */
export async function closeEvent(tx: Transaction, functionName: string, event: ReceivedEvent, place: Position) {
  const values = valuesOf(functionName, event, place)
  const effect = allSent(tx) // and what it published
  const closing = tx.$client.query<Closed>({ ...closeEventStatement, values })
  closing.catch(() => undefined)
  await effect
  return (await closing).rows[0]
}

/** Of an entity that is undisturbed, and whose fence has been passed: it goes out with the commit. */
export function closeUndisturbed(tx: Transaction, functionName: string, event: ReceivedEvent, place: Position): void {
  insertAtCommit(tx, handled, valuesOf(functionName, event, place))
}

const valuesOf = (functionName: string, { source, id }: ReceivedEvent, { entity, sequence }: Position) => [
  functionName,
  entity,
  sequence,
  source,
  id
]
