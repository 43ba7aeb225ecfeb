import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../testing/free-ports.ts'
import type { DatabaseRole } from './database-cluster.ts'
import { createPostgres } from './postgres.ts'
import { openProcesses } from '../../processes/processes.ts'

test('a role and a database that are added while it runs can be used at once', async () => {
  const state = await mkdtemp(join(tmpdir(), 'postgres-'))
  const processes = openProcesses(state)
  const shop = { name: 'shop', owner: 'owner' }
  const postgres = createPostgres(processes, {
    directory: join(state, 'postgres'),
    port: await freePort(),
    databases: [shop],
    roles: [role('owner')],
    report: () => undefined,
    pidChanged: () => undefined
  })
  onTestFinished(async () => {
    await postgres.stop()
    await processes.close()
    await rm(state, { recursive: true, force: true })
  })
  await postgres.start()
  await postgres.answers()
  const before = postgres.url('shop')

  await postgres.apply({
    databases: [shop, { name: 'depot', owner: 'on_parcel_sent' }],
    roles: [role('owner'), role('on_parcel_sent')]
  })

  expect(postgres.url('shop')).toBe(before)
  expect(await userOf(before)).toBe('owner')
  expect(await userOf(postgres.url('shop', 'on_parcel_sent'))).toBe('on_parcel_sent')
  expect(await userOf(postgres.url('depot'))).toBe('on_parcel_sent')
})

const role = (name: string): DatabaseRole => ({
  name,
  login: true,
  replication: false,
  superuser: false,
  createdb: false,
  createrole: false,
  inRoles: []
})

async function userOf(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>('select current_user as name')
    return rows[0]?.name ?? ''
  } finally {
    await client.end()
  }
}
