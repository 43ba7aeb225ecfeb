// Students of whom a later event overtakes earlier ones, and what the functions have made of it.
import type { Narrator } from '../report/narrator.ts'
import type { Delivery } from '../stage/delivery-log.ts'
import type { Stage } from '../stage/stage.ts'
import type { StudentLoad } from '../stage/student-load.ts'
import { orderOf } from './delivery-order.ts'

/** Both read updates. */
export const readers = ['onStudentUpdate', 'onAnyStudent'] as const

/** By function. */
export async function countHeld({ database }: Stage, students: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await database.query<{ function: string; held: number }>(
    'select function, count(*)::int as held from held_events where entity = any($1) group by function',
    [students]
  )
  return new Map(rows.map(row => [row.function, row.held]))
}

/** One student's events as one function was sent them, and as it applied them. */
export async function showOneStudent(
  { database }: Stage,
  narrator: Narrator,
  deliveries: readonly Delivery[],
  student: string
): Promise<void> {
  const { rows } = await database.query<{ sequence: number }>(
    'select sequence from handled_events where function = $1 and entity = $2 order by handled_at',
    [readers[0], student]
  )
  const own = deliveries.filter(one => one.student === student && one.function === readers[0])
  narrator.table(
    own.map(({ topic, partition, offset, sequence }, index) => ({
      DELIVERED: index + 1,
      TOPIC: topic,
      PARTITION: partition,
      OFFSET: offset,
      SEQUENCE: sequence,
      APPLIED: rows.findIndex(row => row.sequence === sequence) + 1
    }))
  )
}

export async function tellOrder(
  stage: Stage,
  narrator: Narrator,
  { domain }: StudentLoad,
  deliveries: readonly Delivery[]
): Promise<void> {
  const { rows: outOfOrder } = await stage.database.query<{ function: string; pairs: number }>(
    `select function, count(*)::int as pairs from (
       select h.function, h.sequence, lag(h.sequence) over (partition by h.function, h.entity order by h.handled_at) as before
       from handled_events h join students s on s.id = h.entity where s.email like '%@' || $1
     ) steps where sequence < before group by function`,
    [domain]
  )
  const { rows: stale } = await stage.database.query<{ function: string; students: number }>(
    `select 'onStudentUpdate' as function, count(*)::int as students
     from directory d join students s on s.id = d.student_id where s.email like '%@' || $1 and d.version < s.version
     union all
     select 'onAnyStudent', count(*)::int from students s where s.email like '%@' || $1
       and s.version <> (select max(t.sequence) from timeline t where t.student_id = s.id)`,
    [domain]
  )
  const orders = readers.map(name => ({
    name,
    ...orderOf(deliveries.filter(delivery => delivery.function === name)),
    outOfOrder: outOfOrder.find(row => row.function === name)?.pairs ?? 0,
    staleNow: stale.find(row => row.function === name)?.students ?? 0
  }))
  narrator.table(
    orders.map(order => ({
      FUNCTION: order.name,
      DELIVERIES: order.deliveries,
      'DELIVERED EARLY': order.early,
      'STALE WITHOUT THE FENCE': order.stale.length,
      'APPLIED OUT OF ORDER': order.outOfOrder,
      STALE: order.staleNow
    }))
  )
  const sum = (of: (order: (typeof orders)[number]) => number) => orders.reduce((all, order) => all + of(order), 0)
  const would = sum(({ stale: students }) => students.length)
  narrator.claim(
    'without the fence students would be left with an older name',
    would > 0,
    `the last event delivered is not the newest one ${would} times`
  )
  narrator.claim(
    'with it no effect is out of order, and no student is left behind',
    sum(one => one.outOfOrder) === 0 && sum(one => one.staleNow) === 0,
    `${sum(({ early }) => early)} delivered early, ${sum(one => one.outOfOrder)} applied out of order, ${sum(one => one.staleNow)} stale`
  )
  narrator.fact(
    'order',
    orders.map(order => ({ ...order, stale: order.stale.length }))
  )
}
