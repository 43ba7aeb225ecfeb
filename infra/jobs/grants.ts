// Gives every role its rights, as infra/postgres/roles/grants-job.yaml does in a cluster; safe to run again.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { projectDirectory } from '../bundle.ts'

/** As the tables' owner, after the migrations; the roles are there. */
export async function applyGrants(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(await readFile(join(projectDirectory, 'infra/postgres/roles/grants.sql'), 'utf8'))
  } finally {
    await client.end().catch(() => undefined)
  }
}
