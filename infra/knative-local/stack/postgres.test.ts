import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import { openProcesses } from '../processes/processes.ts'
import { until } from '../until.ts'
import { freePort } from '../testing/free-ports.ts'
import { query } from '../testing/query.ts'
import type { StackContext } from './part.ts'
import { postgresPart } from './postgres.ts'

test('a role that an edit adds, and rights that an edit gives it, are there without a restart', async () => {
  const { begin, grants, said } = await project('')
  const postgres = await begin(['first'])
  await postgres.migrated
  expect([...postgres.secrets().keys()]).toContain('shop-db-first')
  expect(postgres.secrets().has('shop-db-second')).toBe(false)

  // As a generator writes them: the rights may be seen before the role that they name.
  await writeFile(grants, 'grant select on things to second')
  await until('the rights to be refused', 10_000, async () => said().includes('role "second" does not exist'))
  expect(postgres.refusedEdit?.()).toContain('role "second" does not exist')
  await postgres.apply(planWith(['first', 'second']))
  expect(postgres.refusedEdit?.()).toBeUndefined()
  expect(await things(postgres.secrets().get('shop-db-second'))).toBe(0)

  await writeFile(grants, 'grant select on things to first, second')
  await until('the other role to have its rights', 10_000, async () => {
    return (await things(postgres.secrets().get('shop-db-first'))) === 0
  })
  await postgres.apply({ ...planWith([]), objects: [] }) // a part that is no longer asked for stays
  expect(await things(postgres.secrets().get('shop-db-second'))).toBe(0)
})

async function project(rights: string) {
  const directory = await mkdtemp(join(tmpdir(), 'postgres-part-test-'))
  const [migrations, grants] = [join(directory, 'migrations'), join(directory, 'grants.sql')]
  await mkdir(migrations)
  await writeFile(grants, rights)
  const processes = openProcesses(directory)
  const at = await freePort()
  const said: string[] = []
  onTestFinished(async () => {
    await processes.close()
    await rm(directory, { recursive: true, force: true })
  })
  const begin = async (roles: readonly string[]) => {
    const context: Partial<StackContext> = {
      project: () => ({
        directory,
        manifests: [],
        tables: {
          migrations,
          alsoWatched: [grants],
          migrate: async url =>
            void (await query(url, `create table if not exists things (id int); ${await readFile(grants, 'utf8')}`))
        }
      }),
      stateDirectory: directory,
      processes,
      progress: { say: () => undefined, step: async (_: string, work: () => Promise<unknown>) => work() } as never,
      plan: () => planWith(roles),
      port: () => at,
      report: sentence => void said.push(sentence),
      pidChanged: () => undefined
    }
    const running = await postgresPart.begin(context as StackContext)
    onTestFinished(() => running.stop())
    const { apply, secrets } = running
    if (!apply || !secrets) throw new Error('PostgreSQL takes no edits')
    return { ...running, apply, secrets }
  }
  return { begin, grants, said: () => said.join('\n') }
}

function planWith(roles: readonly string[]): Plan {
  const cluster = {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name: 'shop-db', namespace: 'shop' },
    spec: {
      bootstrap: { initdb: { database: 'shop', owner: 'shop' } },
      managed: { roles: roles.map(name => ({ name, login: true, passwordSecret: { name: `shop-db-${name}` } })) }
    }
  } as unknown as ManifestObject
  const nothing = { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [], services: [], kafkaTopics: [] }
  return { ...nothing, kafkaConnectors: [], objects: [cluster] }
}

async function things(url: string | undefined): Promise<number | null> {
  return (await query(url ?? '', 'select from things')).rowCount
}
