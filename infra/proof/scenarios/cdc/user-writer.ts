// Users of this run who change at a steady pace, and the ledger of what was committed.
import type { PoolClient } from 'pg'
import { seededRandom } from '../../chaos/random.ts'
import { type Change, changeUsers, planChange } from './change-users.ts'

const seed = 7

export interface UserWriterOptions {
  /** Of the users' ids. */
  readonly prefix: string
  readonly users: number
  readonly perSecond: number
  readonly signal: AbortSignal
}

export interface UserWriter {
  /** In the order of the commits; what is under way is in it already. */
  readonly ledger: readonly Change[]
  /** So many changes more, each a transaction. */
  write(count: number): Promise<void>
}

export function createUserWriter(
  client: PoolClient,
  { prefix, users, perSecond, signal }: UserWriterOptions
): UserWriter {
  const random = seededRandom(seed)
  const names = new Map<string, string | null>(
    Array.from({ length: users }, (_, index) => [`${prefix}${index + 1}`, null])
  )
  const ledger: Change[] = []
  return {
    ledger,
    async write(count) {
      const changes = Array.from({ length: count }, (_, index) => {
        const change = planChange(random, names, ledger.length + index)
        names.set(change.user, change.after)
        return change
      })
      ledger.push(...changes)
      await changeUsers(client, changes, { perSecond, signal })
    }
  }
}
