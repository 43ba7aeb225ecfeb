// What the prune job works on: a database, the replication slot of its outbox, and who reads that.
import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { onTestFinished } from 'vitest'
import type { TestKafka } from '../../knative-local/testing.ts'
import { testDatabase } from '../../test/database.ts'
import { eventually } from '../../test/function-process.ts'
import { prune } from '../prune.ts'
import { slotReader } from './slot-reader.ts'

/** With the retention of the topics that prune.test.ts makes; `run` is the job with other settings. */
export async function openPrunedDatabase(kafka: TestKafka) {
  const { db, url } = await testDatabase()
  const slot = `outbox_${randomBytes(4).toString('hex')}`
  await db.execute(sql`select pg_create_logical_replication_slot(${slot}, 'pgoutput')`)
  const reader = slotReader(db, url, slot)
  onTestFinished(async () => {
    await reader.stop()
    await db.execute(sql`select pg_drop_replication_slot(${slot})`)
  })
  await reader.start()
  const config = {
    DATABASE_URL: url,
    OUTBOX_DAYS: 9,
    INBOX_DAYS: 60,
    CLOSED_LETTERS_DAYS: 90,
    OUTBOX_TOPICS: ['events'],
    COMMAND_TOPICS: ['commands'],
    DEAD_LETTER_TOPICS: ['letters'],
    OUTBOX_SLOT: slot
  }
  const env = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]))
  return {
    db,
    url,
    reader,
    env: { ...env, KAFKA_BOOTSTRAP: kafka.bootstrap.join(',') },
    run: (changes: Partial<typeof config> = {}) => prune({ ...config, ...changes }, kafka.admin),

    /** As Debezium does it: everything up to now is in Kafka. */
    async confirmAll(): Promise<void> {
      await reader.stop() // a slot is advanced by hand only while nobody reads it
      const { rows } = await db.execute(sql`select pg_current_xact_id()::xid as now`)
      await eventually('the slot to be past what was written', async () => {
        await db.execute(sql`select pg_log_standby_snapshot()`)
        await db.execute(sql`select pg_replication_slot_advance(${slot}, pg_current_wal_lsn())`)
        const { rows: past } = await db.execute<{ past: boolean }>(
          sql`select age(catalog_xmin) < age(${rows[0]?.now}::xid) as past from pg_replication_slots where slot_name = ${slot}`
        )
        return past[0]?.past === true
      })
      await reader.start()
    }
  }
}
