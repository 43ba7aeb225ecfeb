// How far a connector has come in PostgreSQL's write-ahead log, and what is kept for it.
// https://www.postgresql.org/docs/current/view-pg-replication-slots.html
import { z } from 'zod'
import type { Stage } from './stage.ts'

const Slot = z.object({
  active: z.boolean(),
  /** The oldest WAL that the connector might still need. */
  restart_lsn: z.string(),
  /** Up to here the connector has said that Kafka has all. */
  confirmed_flush_lsn: z.string(),
  /** From there to the end of the WAL. */
  lag_bytes: z.coerce.number(),
  wal_status: z.string(),
  /** WAL that may still be written before the slot is given up; null without max_slot_wal_keep_size. */
  safe_wal_size: z.coerce.number().nullable()
})
export type Slot = z.infer<typeof Slot>

export async function readSlot({ database }: Pick<Stage, 'database'>, name: string): Promise<Slot> {
  const { rows } = await database.query(
    `select active, restart_lsn, confirmed_flush_lsn, wal_status, safe_wal_size,
       pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) as lag_bytes
     from pg_replication_slots where slot_name = $1`,
    [name]
  )
  return Slot.parse(rows[0], { error: () => `PostgreSQL has no replication slot ${name}` })
}
