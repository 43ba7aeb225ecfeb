import { sql } from 'drizzle-orm'
import type { Connection } from '../../functions/runtime/host/database.ts'
import { eventually } from './function-process.ts'

/** Until one statement of somebody else waits for a lock; `what` is it, for the error when none does. */
export async function untilBlocked(db: Pick<Connection['db'], 'execute'>, what: string): Promise<void> {
  await eventually(`${what} to wait for a lock`, async () => {
    const { rows } = await db.execute(sql`
      select from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and wait_event_type = 'Lock'`)
    return rows.length === 1
  })
}
