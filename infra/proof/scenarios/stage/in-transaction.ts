// A transaction of a scenario's own.
import type { PoolClient } from 'pg'

/** Ends it as asked for, and rolls it back when `work` fails: the client goes back to a pool that others use. */
export async function inTransaction<Result>(
  client: PoolClient,
  end: 'commit' | 'rollback',
  work: () => Promise<Result>
): Promise<Result> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query(end)
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // the connection may be gone, and then the transaction is
    throw error
  }
}
