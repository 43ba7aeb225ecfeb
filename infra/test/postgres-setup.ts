// One PostgreSQL for all tests of a run, in a temporary folder, with a migrated database that tests copy.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { openProcesses, createPostgres, superuser } from '../knative-local/single-parts.ts'
import { freePort } from '../knative-local/testing.ts'
import { migrate } from '../jobs/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Connects to the migrated template; tests make their own databases from it. */
    postgresTemplateUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const state = await mkdtemp(join(tmpdir(), 'functions-test-'))
  const processes = openProcesses(state)
  const postgres = createPostgres(processes, {
    directory: join(state, 'postgres'),
    port: await freePort(),
    databases: [{ name: 'template', owner: superuser }],
    report: () => undefined,
    pidChanged: () => undefined
  })
  await postgres.start()
  await postgres.answers()
  await forgetOnPowerFailure(postgres.url('postgres'))
  await migrate(postgres.url('template'))
  project.provide('postgresTemplateUrl', postgres.url('template'))
  return async () => {
    await postgres.stop()
    await processes.close()
    await rm(state, { recursive: true, force: true })
  }
}

/** Nothing here outlives the run, and each test makes and drops a database: without waiting for the disk that is 3 times as fast. */
async function forgetOnPowerFailure(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    await client.query(`alter system set ${setting} = off`)
  }
  await client.query('select pg_reload_conf()')
  await client.end()
}
