// Brings the database to the newest migration. `node infra/jobs/migrate.ts`, with DATABASE_URL; safe to run again.
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { z } from 'zod'
import { loadConfig } from '../../functions/runtime/host/config.ts'

/** Any number that only migrations use: two Jobs at once take turns. */
const migrationLock = 7_110_501

/** @throws when the database does not answer or a migration fails; migrations are applied whole or not at all */
export async function migrate(databaseUrl: string, migrationsFolder = 'infra/postgres/migrations'): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query("set lock_timeout = '5min'") // of the wait for another migration
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await applyMigrations(drizzle({ client }), { migrationsFolder })
  } finally {
    await client.end()
  }
}

if (import.meta.main) {
  const config = loadConfig(
    z.object({
      DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
      MIGRATIONS_FOLDER: z.string().default('infra/postgres/migrations')
    })
  )
  await migrate(config.DATABASE_URL, config.MIGRATIONS_FOLDER)
}
