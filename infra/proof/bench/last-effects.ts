// When the last function was done with an event, by the database's clock, which is this machine's.
import type { ClientBase, Pool } from 'pg'

export interface LastEffect {
  readonly studentId: string
  readonly sequence: number
  /** Functions that are done with it. */
  readonly functions: number
  /** Since the epoch. */
  readonly doneAtMs: number
}

export async function lastEffects(database: ClientBase | Pool, since: Date): Promise<LastEffect[]> {
  const { rows } = await database.query<LastEffect>(
    `select entity as "studentId", sequence, count(*)::int as functions,
       (extract(epoch from max(handled_at)) * 1000)::float8 as "doneAtMs"
     from handled_events where handled_at >= $1 group by 1, 2`,
    [since]
  )
  return rows
}
