// The fence of a function and an entity: the last sequence done. Whoever decides about an entity's events locks it first.
import type { Transaction } from '../host/database.ts'
import { sendWithin } from '../host/transaction.ts'
import type { Place, Position } from './position.ts'

const lockFenceStatement = {
  name: 'lock_fence',
  text: `
    insert into fences (function, entity, sequence) values ($1, $2, 0)
    on conflict (function, entity) do update set sequence = fences.sequence
    returning sequence`
}

/** Inserts the fence at 0 where there is none, locks it until the transaction ends, and returns its sequence. */
export async function lockFence(tx: Transaction, functionName: string, entity: string): Promise<number> {
  const values = [functionName, entity]
  const { rows } = await tx.$client.query<{ sequence: number }>({ ...lockFenceStatement, values })
  if (rows[0] === undefined) throw new Error('the fence was not returned')
  return rows[0].sequence
}

// Named, so that PostgreSQL plans it once a connection: it is on the path of every event, and writes the row once where a lock and a
// move would write it twice.
const passFenceStatement = {
  name: 'pass_fence',
  text: `
    insert into fences as fence (function, entity, sequence)
    values ($1, $2, case when $4::integer = 0 then $3::integer else 0 end)
    on conflict (function, entity) do update
      set sequence = case when fence.sequence between $4 and $3 - 1 then $3 else fence.sequence end
    returning coalesce(old.sequence, 0) as sequence`
}

/**
 * Locks the fence as lockFence does, and moves it over the place if that is next: then the transaction is to hold the effect, or to
 * roll back. Returns its sequence from before.
 */
export async function passFence(
  tx: Transaction,
  functionName: string,
  { entity, sequence, predecessor }: Place
): Promise<number> {
  const values = [functionName, entity, sequence, predecessor]
  const { rows } = await tx.$client.query<{ sequence: number }>({ ...passFenceStatement, values })
  if (rows[0] === undefined) throw new Error('the fence was not returned')
  return rows[0].sequence
}

// New fences first, then those that are there, each in the order of their entities: two processes do not wait for each other in a circle.
// How many entities there are is hidden in a sub-select. PostgreSQL would find a plan for two cheaper than one for any number of them, and
// plan each time, which takes longer than the statement.
const passFencesStatement = {
  name: 'pass_fences',
  text: `
    with wanted as (
      select * from unnest((select $2::text[]), $3::integer[], $4::integer[]) as wanted (entity, sequence, predecessor)
    ), inserted as (
      insert into fences (function, entity, sequence)
      select $1, entity, sequence from wanted where predecessor = 0 order by entity
      on conflict do nothing
      returning entity
    ), locked as (
      select entity from fences
      where function = $1 and entity = any(array(select entity from wanted)) and (select count(*) from inserted) >= 0
      order by entity
      for update
    ), moved as (
      update fences set sequence = wanted.sequence
      from wanted join locked using (entity)
      where fences.function = $1 and fences.entity = wanted.entity
        and fences.sequence between wanted.predecessor and wanted.sequence - 1
      returning fences.entity, old.sequence
    )
    select entity, 0 as sequence from inserted union all select entity, sequence from moved`
}

/**
 * passFence for several entities at once. Returns, of those whose place is next, the sequence from before; what is not keeps its fence,
 * and none is made for what comes too early.
 */
export async function passFences(
  tx: Transaction,
  functionName: string,
  places: readonly Place[]
): Promise<ReadonlyMap<string, number>> {
  const column = <Key extends keyof Place>(key: Key) => places.map(place => place[key])
  const values = [functionName, column('entity'), column('sequence'), column('predecessor')]
  const { rows } = await tx.$client.query<Position>({ ...passFencesStatement, values })
  return new Map(rows.map(({ entity, sequence }) => [entity, sequence]))
}

const setFencesStatement = {
  name: 'set_fences',
  text: `
    update fences set sequence = wanted.sequence from unnest($2::text[], $3::integer[]) as wanted (entity, sequence)
    where fences.function = $1 and fences.entity = wanted.entity`
}

/** Sets fences that the transaction has passed back to where they were. */
export function setFencesBack(tx: Transaction, functionName: string, before: ReadonlyMap<string, number>): void {
  if (before.size > 0)
    sendWithin(tx, { ...setFencesStatement, values: [functionName, [...before.keys()], [...before.values()]] })
}
