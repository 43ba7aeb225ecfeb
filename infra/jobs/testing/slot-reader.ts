import { sql } from 'drizzle-orm'
import { Client } from 'pg'
import { eventually } from '../../test/function-process.ts'
import type { Database } from '../../../functions/runtime/host/database.ts'

/** Reads the slot, as the connector does once its snapshot is over, and confirms nothing. */
export function slotReader(db: Database, url: string, slot: string) {
  let client: Client | undefined
  const isActive = async (): Promise<boolean> => {
    const { rows } = await db.execute<{ active: boolean }>(
      sql`select active from pg_replication_slots where slot_name = ${slot}`
    )
    return rows[0]?.active === true
  }
  return {
    async start(): Promise<void> {
      client = new Client({ connectionString: `${url}?replication=database` })
      client.on('error', () => undefined) // it is ended in the middle of what it reads
      await client.connect()
      const ended = client.query(
        `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names 'none')`
      )
      await Promise.race([ended, eventually('the slot to be read', isActive)])
      ended.catch(() => undefined) // by stop()
    },
    async stop(): Promise<void> {
      await client?.end()
      await eventually('the slot to be free', async () => !(await isActive()))
    }
  }
}
