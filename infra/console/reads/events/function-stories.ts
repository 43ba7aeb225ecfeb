// What each function made of an event: its outcome, the attempts that failed, where its effect is, and what a held one waits for.
import type { Pool } from 'pg'
import { eventKey } from '../../../../functions/runtime/events/answer-once.ts'
import { followersIn } from './followers.ts'
import { type FunctionOutcome, outcomesOf, placeOf } from './outcomes.ts'
import type { SeenRecord } from './seen-record.ts'
import type { Sources } from '../sources.ts'
import { type WaitsFor, whatItWaitsFor } from './waits-for.ts'

export interface FunctionStory extends FunctionOutcome {
  readonly group: string
  /** Where the data plane sends it. */
  readonly url: string | null
  /** Where its effect was recorded. */
  readonly handledAt: string | null
  /** Deliveries that failed. */
  readonly failedAttempts: number
  /** The newest of them. */
  readonly errors: readonly { readonly at: string; readonly error: string }[]
  /** Of the last, by lines of the sources. */
  readonly stack: readonly string[]
  readonly letterId: string | null
  /** Of a command: what it was answered. */
  readonly answer: unknown
  readonly waitsFor: WaitsFor | null
}

interface Facts {
  readonly handled_at: Date | null
  readonly attempts: number | null
  readonly errors: { at: string; error: string }[] | null
  readonly stack: string | null
  readonly letter: string | null
  readonly answer: unknown
}

const statement = `
  select h.handled_at, f.attempts, f.errors, f.stack, l.id as letter, c.body as answer
  from (values ($1, $2, $3, $4)) e (function, source, id, key)
  left join handled_events h on h.function = e.function and h.source = e.source and h.event_id = e.id
  left join failures f on f.function = e.function and f.source = e.source and f.event_id = e.id
  left join dead_letters l on l.function = e.function and l.source = e.source and l.event_id = e.id
  left join command_answers c on c.function = e.function and c.key = e.key`

export async function functionStories(sources: Sources, record: SeenRecord): Promise<FunctionStory[]> {
  const { database } = sources
  const [view, newest] = await Promise.all([sources.cluster(), sources.groups.latest().catch(() => undefined)])
  const known = (await outcomesOf([record], { database, plan: view.plan, newest })).get(placeOf(record)) ?? []
  const followers = followersIn(view.plan)(record)
  return Promise.all(
    known.map(async (outcome, index): Promise<FunctionStory> => {
      const follower = followers[index]
      const facts = await factsOf(database, outcome.function, record)
      const url = await sources.functionUrl(outcome.function)
      return {
        ...outcome,
        group: follower?.group ?? '',
        url: url === undefined ? null : new URL(follower?.egress.subscriber.uri ?? '', `${url}/`).href,
        handledAt: facts?.handled_at?.toISOString() ?? null,
        failedAttempts: facts?.attempts ?? 0,
        errors: facts?.errors ?? [],
        stack: facts?.stack?.split('\n').filter(Boolean) ?? [],
        letterId: facts?.letter ?? null,
        answer: facts?.answer ?? null,
        waitsFor: await whatItWaitsFor(sources, outcome, record, follower?.group)
      }
    })
  )
}

async function factsOf(database: Pool, name: string, record: SeenRecord): Promise<Facts | undefined> {
  if (record.id === '') return undefined
  const { rows } = await database.query<Facts>(statement, [name, record.source, record.id, eventKey(record)])
  return rows[0]
}
