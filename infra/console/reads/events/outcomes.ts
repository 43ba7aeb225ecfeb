// What became of events, function by function: what the database says of each, and where it says nothing, how far the group has read.
import type { Pool } from 'pg'
import { eventKey } from '../../../../functions/runtime/events/answer-once.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import { followersIn } from './followers.ts'
import type { Look } from '../system/group-watch.ts'
import type { SeenRecord } from './seen-record.ts'

/**
 * applied: its effect is in the database · answered: a command that was done · held: it waits for an earlier event · letter: it failed
 * permanently · discarded, resolved: so was its letter · failing: it is being tried again · waiting: its group has not come to it ·
 * taken: the function has answered, and keeps no record of it.
 */
export const outcomes = [
  'applied',
  'answered',
  'held',
  'letter',
  'discarded',
  'resolved',
  'failing',
  'waiting',
  'taken'
] as const
export type Outcome = (typeof outcomes)[number]

export interface FunctionOutcome {
  readonly function: string
  readonly outcome: Outcome
  /** Of a letter, or of the last attempt that failed; empty otherwise. */
  readonly reason: string
}

type Row = {
  readonly said: string
  readonly function: string
  readonly source: string
  readonly id: string
  readonly reason: string
}

/** One row an event, function and table that has something to say. Keys begin with the function, so each is looked up. */
const statement = `
  with asked as (
    select f.function, e.source, e.id, e.key
    from unnest($1::text[]) f (function) cross join unnest($2::text[], $3::text[], $4::text[]) e (source, id, key)
  )
  select 'applied' as said, a.function, a.source, a.id, '' as reason
    from asked a join handled_events h on h.function = a.function and h.source = a.source and h.event_id = a.id
  union all
  select 'answered', a.function, a.source, a.id, c.status::text
    from asked a join command_answers c on c.function = a.function and c.key = a.key
  union all
  select l.state, a.function, a.source, a.id, l.reason
    from asked a join dead_letters l on l.function = a.function and l.source = a.source and l.event_id = a.id
  union all
  select 'failing', a.function, a.source, a.id, coalesce(f.errors -> -1 ->> 'error', '')
    from asked a join failures f on f.function = a.function and f.source = a.source and f.event_id = a.id
  union all
  select 'held', h.function, h.source, h.event_id, ''
    from held_events h where h.event_id = any ($3::text[]) and h.function = any ($1::text[])`

export type KnownRecord = Pick<SeenRecord, 'topic' | 'partition' | 'offset' | 'event' | 'id' | 'source'>

/** By `topic/partition/offset`. */
export async function outcomesOf(
  records: readonly KnownRecord[],
  { database, plan, newest }: { readonly database: Pool; readonly plan: Plan; readonly newest: Look | undefined }
): Promise<Map<string, FunctionOutcome[]>> {
  const followersOf = followersIn(plan)
  const followed = records.map(record => ({ record, followers: followersOf(record) }))
  const functions = [...new Set(followed.flatMap(({ followers }) => followers.map(one => one.function)))]
  const events = [
    ...new Map(records.filter(({ id }) => id !== '').map(record => [`${record.source} ${record.id}`, record])).values()
  ]
  const { rows } =
    events.length === 0 || functions.length === 0
      ? { rows: [] }
      : await database.query<Row>(statement, [
          functions,
          events.map(({ source }) => source),
          events.map(({ id }) => id),
          events.map(eventKey)
        ])
  const said = Map.groupBy(rows, row => `${row.function} ${row.source} ${row.id}`)
  return new Map(
    followed.map(({ record, followers }) => {
      const { topic, partition, offset, source, id } = record
      const all = followers.map(({ function: name, group }): FunctionOutcome => {
        const committed = newest?.groups.get(group)?.committed.get(`${topic}/${partition}`)
        const isRead = committed !== undefined && offset < committed
        return { function: name, ...summary(said.get(`${name} ${source} ${id}`) ?? [], isRead) }
      })
      return [placeOf(record), all]
    })
  )
}

/** The rows of one event and function as one outcome. */
export function summary(
  rows: readonly Pick<Row, 'said' | 'reason'>[],
  isRead: boolean
): Omit<FunctionOutcome, 'function'> {
  const of = (said: string) => rows.find(row => row.said === said)
  const letter = of('open') ?? of('replaying')
  if (letter) return { outcome: 'letter', reason: letter.reason }
  const discarded = of('discarded')
  if (discarded) return { outcome: 'discarded', reason: discarded.reason }
  if (of('applied')) return { outcome: 'applied', reason: '' }
  const resolved = of('resolved')
  if (resolved) return { outcome: 'resolved', reason: resolved.reason }
  if (of('answered')) return { outcome: 'answered', reason: '' }
  if (of('held')) return { outcome: 'held', reason: '' }
  const failing = of('failing')
  if (failing && !isRead) return { outcome: 'failing', reason: failing.reason }
  return { outcome: isRead ? 'taken' : 'waiting', reason: '' }
}

export function placeOf({ topic, partition, offset }: Pick<SeenRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`
}
