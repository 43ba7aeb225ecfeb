// Plain SQL on the users table, and a ledger of what was committed: what the events are compared with.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { Random } from '../../chaos/random.ts'
import { type ChangeEvent, identityOf } from './change-event.ts'

/** The user's name before and after, each used once: a change is known by them. */
export interface Change {
  readonly user: string
  readonly before: string | null
  readonly after: string | null
}

export interface Comparison {
  /** Changes without an event that has their images. */
  readonly lost: number
  /** Events that no change explains. */
  readonly unexpected: number
  /** Events that came again, known by LSN and user. */
  readonly duplicates: number
  /** Events behind a later change of the same user. */
  readonly outOfOrder: number
}

const deleteShare = 0.15

/** What comes next, over users of whom each is there (with a name) or not. */
export function planChange(random: Random, names: ReadonlyMap<string, string | null>, number: number): Change {
  const [user = '', before = null] = [...names][random.between(0, names.size - 1)] ?? []
  const after = before !== null && random.next() < deleteShare ? null : `Name ${number}`
  return { user, before, after }
}

/** Commits each change separately, one after the other: the order of the ledger is that of the commits. */
export async function changeUsers(
  client: PoolClient,
  changes: readonly Change[],
  { perSecond, signal }: { readonly perSecond: number; readonly signal: AbortSignal }
): Promise<void> {
  const began = performance.now()
  for (const [index, { user, before, after }] of changes.entries()) {
    const dueMs = began + (index / perSecond) * 1_000 - performance.now()
    if (dueMs > 0) await sleep(dueMs, undefined, { signal })
    if (before === null) {
      await client.query(`insert into users (id, name, email) values ($1, $2, $1 || '@example.com')`, [user, after])
    } else if (after === null) await client.query('delete from users where id = $1', [user])
    else await client.query('update users set name = $2 where id = $1', [user, after])
  }
}

export function compareWithEvents(changes: readonly Change[], events: readonly ChangeEvent[]): Comparison {
  const numberOf = new Map(changes.map(({ user, before, after }, index) => [nameOf(user, before, after), index]))
  const seen = new Set<string>()
  const last = new Map<string, number>()
  let unexpected = 0
  let duplicates = 0
  let outOfOrder = 0
  for (const event of events) {
    const { user, before, after } = event
    const identity = identityOf(event)
    const number = numberOf.get(nameOf(user, before?.name ?? null, after?.name ?? null))
    if (number === undefined) unexpected++
    else if (seen.has(identity)) duplicates++
    else {
      if (number < (last.get(user) ?? -1)) outOfOrder++
      last.set(user, number)
    }
    seen.add(identity)
  }
  const found = new Set(
    events.map(({ user, before, after }) => nameOf(user, before?.name ?? null, after?.name ?? null))
  )
  const lost = [...numberOf.keys()].filter(name => !found.has(name)).length
  return { lost, unexpected, duplicates, outOfOrder }
}

function nameOf(user: string, before: string | null, after: string | null): string {
  return JSON.stringify([user, before, after])
}
