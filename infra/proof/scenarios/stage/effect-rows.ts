// Whether an effect was done again. A function writes its effect and the event's row of handled_events in one transaction, whose
// number PostgreSQL keeps in every row that it writes (xmin). An effect that was done again by a second delivery has the number
// of a transaction that wrote no row of handled_events: the primary key refuses a second one.
import type { Stage } from './stage.ts'
import type { StudentLoad } from './student-load.ts'

export interface EffectRows {
  readonly table: string
  readonly rows: number
  /** Those last written by a transaction that handled no event for the first time. */
  readonly writtenAgain: number
}

export async function effectRowsOfLoad(
  { database }: Pick<Stage, 'database'>,
  { domain }: Pick<StudentLoad, 'domain'>
): Promise<EffectRows[]> {
  return Promise.all(
    (['timeline', 'directory'] as const).map(async table => {
      const { rows } = await database.query<{ rows: number; again: number }>(
        `select count(*)::int as rows, (count(*) filter (where h.event_id is null))::int as again
         from ${table} e join students s on s.id = e.student_id
         left join handled_events h on h.entity = e.student_id and h.xmin = e.xmin
         where s.email like '%@' || $1`,
        [domain]
      )
      return { table, rows: rows[0]?.rows ?? 0, writtenAgain: rows[0]?.again ?? 0 }
    })
  )
}
