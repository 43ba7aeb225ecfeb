// The fence of a function and an entity: the last sequence done. Whoever decides about an entity's events locks it first.
import type { Transaction } from '../host/database.ts'
import type { Place } from './position.ts'

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
