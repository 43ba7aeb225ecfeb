// A database of its own for a test, copied from the migrated template; gone when the test ends.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'
import { type Connection, connect } from '../../functions/runtime/host/database.ts'
import { schemaDigest } from '../../functions/runtime/events/publisher.ts'
import { eventSchemasByType } from '../../functions/students/student-events.ts'
import { eventSchemas } from '../../functions/runtime/tables/publishing.ts'

export interface TestDatabase extends Connection {
  readonly url: string
}

export async function testDatabase(): Promise<TestDatabase> {
  const { drop, ...database } = await openTestDatabase()
  onTestFinished(drop)
  return database
}

/** The same for whoever shares it between tests, and drops it. */
export async function openTestDatabase(): Promise<TestDatabase & { drop(): Promise<void> }> {
  const templateUrl = inject('postgresTemplateUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = new Client({ connectionString: templateUrl.replace(/\/template$/, '/postgres') })
  await admin.connect()
  await admin.query(`create database ${name} template template`)

  const url = templateUrl.replace(/\/template$/, `/${name}`)
  const connection = connect(
    { DATABASE_URL: url, DATABASE_POOL_SIZE: 10, DATABASE_TIMEOUT_MS: 10_000 },
    'test',
    error => expectedAtTheEnd(error)
  )
  await connection.db.insert(eventSchemas).values(
    [...eventSchemasByType].map(([type, schema]) => ({
      type,
      digest: schemaDigest(schema),
      dataschema: `http://registry.example.com/apis/ccompat/v7/subjects/${type}/versions/1`
    }))
  )
  async function drop(): Promise<void> {
    await connection.close()
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
  return { ...connection, url, drop }
}

/**
 * Empties what a test wrote, for the next one on the same database. Rows are deleted, because truncating makes a new file for
 * every table and index; jobs before items before letters, as the replayer locks them.
 */
export async function emptyTables(db: Connection['db']): Promise<void> {
  const { rows } = await db.$client.query<{ table: string }>(
    `select quote_ident(tablename) as table from pg_tables
     where schemaname = 'public' and tablename <> 'event_schemas' order by tablename desc`
  )
  const deletions = rows.map(({ table }) => `delete from ${table};`)
  await db.$client.query(`set local session_replication_role = replica; ${deletions.join(' ')}`) // one transaction
}

/** Dropping the database ends what is still connected to it. */
function expectedAtTheEnd(error: Error): void {
  if (!/terminating connection|Connection terminated/.test(error.message)) throw error
}
