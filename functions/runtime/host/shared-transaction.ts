// One transaction for the works of several requests: strictly one after the other, each in the async context of its own request, so that
// its logs, its spans and what it throws later are that request's.
import type { Database, Transaction } from './database.ts'
import type { Member } from './group-commit.ts'
import { begin, transact } from './transaction.ts'
import { names } from './tracing/attribute-names.ts'
import { currentSpan, inSpan } from './tracing/spans.ts'

/** A lock that one of them has to wait for must not hold up the others: all fail instead, soon, and go alone. In milliseconds. */
const shortWaits = {
  name: 'short_waits',
  text: `select set_config('lock_timeout', '200', true), set_config('statement_timeout', '1000', true)`
}

/**
 * @param open says which of the members are to be done, in their order
 * @returns by work, what it came to; without those that were not to be done
 * @throws what any of them throws: then nothing was done
 */
export async function inSharedTransaction<Work, One extends Member<Work>, Result>(
  db: Database,
  members: readonly One[],
  open: (tx: Transaction) => Promise<readonly One[]>,
  perform: (tx: Transaction, one: One) => Promise<Result>
): Promise<ReadonlyMap<Work, Result>> {
  const results = new Map<Work, Result>()
  if (members.length === 0) return results
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => undefined) // thrown below too
  try {
    await transact(db, [begin, shortWaits], async tx => {
      const opened = await open(tx)
      for (const one of opened) {
        results.set(one.work, await takeTurn(one, opened.length, ended.promise, () => perform(tx, one)))
      }
    })
    ended.resolve()
  } catch (error) {
    ended.reject(error)
    throw error
  }
  return results
}

/** Resolves when the work is done; its span ends with the transaction. */
function takeTurn<Result>(
  { context }: Member<unknown>,
  sharedBy: number,
  ended: Promise<void>,
  work: () => Promise<Result>
): Promise<Result> {
  return context(() => {
    if (!currentSpan()?.isSampled) return work()
    const done = Promise.withResolvers<Result>()
    const spanned = inSpan('transaction', { attributes: { [names.databaseBatchSize]: sharedBy } }, async () => {
      await work().then(done.resolve, done.reject)
      await ended
    })
    spanned.catch(() => undefined) // thrown by the transaction
    return done.promise
  })
}
