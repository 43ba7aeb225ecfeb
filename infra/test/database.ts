// A database of its own for a test, copied from the migrated template; gone when the test ends.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'
import { type Connection, connect } from '../../functions/runtime/host/database.ts'
import { schemaDigest } from '../../functions/runtime/events/publisher.ts'
import { eventSchemasByType } from '../../functions/students/student-events.ts'
import { eventSchemas } from '../../functions/runtime/tables.ts'

export interface TestDatabase extends Connection {
  readonly url: string
}

export async function testDatabase(): Promise<TestDatabase> {
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
  onTestFinished(async () => {
    await connection.close()
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  })
  await connection.db.insert(eventSchemas).values(
    [...eventSchemasByType].map(([type, schema]) => ({
      type,
      digest: schemaDigest(schema),
      dataschema: `http://registry.example.com/apis/ccompat/v7/subjects/${type}/versions/1`
    }))
  )
  return { ...connection, url }
}

/** Dropping the database ends what is still connected to it. */
function expectedAtTheEnd(error: Error): void {
  if (!/terminating connection|Connection terminated/.test(error.message)) throw error
}
