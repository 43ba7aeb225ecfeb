// What became of the load's changes, function by function: what was to be delivered, what was, and what the database holds.
import { followedFunctions } from '../../audit/followed-functions.ts'
import { type Delivery, repeatsIn } from './delivery-log.ts'
import type { Stage } from './stage.ts'
import type { StudentLoad } from './student-load.ts'

export interface Effects {
  readonly function: string
  /** Events in the outbox that this function must see. */
  readonly sent: number
  /** Different ones that it has answered. */
  readonly delivered: number
  readonly deliveredTwice: number
  /** Different ones whose effect is in the database. */
  readonly applied: number
}

export async function effectsOfLoad(
  { database, plan }: Pick<Stage, 'database' | 'plan'>,
  { domain }: Pick<StudentLoad, 'domain'>,
  deliveries: readonly Delivery[]
): Promise<Effects[]> {
  const { functions } = followedFunctions(plan)
  const { rows } = await database.query<Record<'id' | 'topic', string>>(
    `select o.id::text as id, o.topic from outbox o join students s on s.id = o.subject where s.email like '%@' || $1`,
    [domain]
  )
  const handled = await database.query<{ function: string; applied: number }>(
    `select function, count(distinct event_id)::int as applied
     from handled_events h join students s on s.id = h.entity
     where s.email like '%@' || $1 group by function`,
    [domain]
  )
  return functions.map(({ name, topics }) => {
    const events = new Set(rows.flatMap(({ id, topic }) => (topics.includes(topic) ? [id] : [])))
    const own = deliveries.filter(delivery => delivery.function === name && events.has(delivery.id))
    const { applied = 0 } = handled.rows.find(row => row.function === name) ?? {}
    return {
      function: name,
      sent: events.size,
      delivered: new Set(own.flatMap(({ id, done }) => (done ? [id] : []))).size,
      deliveredTwice: repeatsIn(own).length,
      applied
    }
  })
}
