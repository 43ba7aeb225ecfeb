// A query that a connection builds once: for drizzle to build one takes the function longer than all else that it does for an event.
import type { Transaction } from './database.ts'

/** One of drizzle's own, without its values. */
interface Query<Result> {
  prepare(name: string): { execute(values?: Record<string, unknown>): Promise<Result> }
}

/**
 * @param build gives what differs each time as a placeholder: `sql.placeholder('id')`
 * @returns what sends the query, with a value for each placeholder by its name, and is awaited or given to `sendWithin`
 */
export function prepared<Result>(
  build: (tx: Transaction) => Query<Result>
): (tx: Transaction, values: Readonly<Record<string, unknown>>) => Promise<Result> {
  const byConnection = new WeakMap<Transaction, ReturnType<Query<Result>['prepare']>>()
  return (tx, values) => {
    const query = byConnection.get(tx) ?? build(tx).prepare('') // inTransaction names it by its text
    byConnection.set(tx, query)
    return query.execute(values)
  }
}
