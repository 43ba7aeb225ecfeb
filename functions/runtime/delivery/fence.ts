// The fence of a function and an entity: the last sequence done. Whoever decides about an entity's events locks it first.
import type { Transaction } from '../host/database.ts'

// Named, so that PostgreSQL plans it once a connection: it is on the path of every event.
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
