// Start, stop and start again: what stays, and that nothing else does.
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { functionNames } from '../../bundle.ts'
import { readEndpoints } from '../../knative-local/index.ts'
import { connectKafka } from '../../knative-local/events.ts'
import { withAdmin } from '../../knative-local/single-parts.ts'
import { createStackFolder, until } from '../../knative-local/testing.ts'
import { send } from './students.ts'
import { project } from '../../project.ts'
import { copyProject } from '../project-copy.ts'

type StackFolder = Awaited<ReturnType<typeof createStackFolder>>

const student = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

test(
  'a stack stops without a trace, continues with its data, takes up what is added, and leaves nothing even when it is killed',
  { timeout: 300_000 },
  async () => {
    const { directory, remove } = await copyProject()
    const folder = await createStackFolder({ ...project, directory }, join(directory, 'infra/dev.ts'))
    onTestFinished(async () => {
      await folder.remove()
      await remove()
    })

    const first = await folder.start()
    const created = await send('POST', first.endpoints.functions.createStudent?.url ?? '', student)
    expect(created.status).toBe(201)
    expect(await runDirectories(folder, directory)).toHaveLength((await functionNames()).length)

    // A second one on the same folder, and one on the same ports, get a message that says so.
    expect((await folder.launch().exited).code).toBe(1)
    expect(folder.output()).toContain('already runs')

    const stoppingAt = performance.now()
    first.main.signal('SIGTERM')
    expect((await first.main.exited).code).toBe(0)
    expect(performance.now() - stoppingAt).toBeLessThan(60_000) // 15 s on a machine of its own
    await expectNoTrace(folder, directory)

    const second = await folder.start('--manifests', directory)
    const url = `${second.endpoints.functions.createStudent?.url}${created.headers.get('location')}`
    await until('the student to be active', 60_000, async () => {
      const view = (await send('GET', url)).json() as { directory: { status: string } | null }
      return view.directory?.status === 'active'
    })

    await takesUp(second, directory)

    second.main.signal('SIGKILL')
    await second.main.exited
    await until('everything to be gone', 20_000, async () => {
      const { processes, ports } = await folder.remains()
      return processes.length + ports.length === 0
    })
  }
)

/** A function, its topic and a migration that are added while everything runs: no restart, and an event arrives. */
async function takesUp(
  { endpoints, stateDirectory, main }: Awaited<ReturnType<StackFolder['start']>>,
  directory: string
): Promise<void> {
  const newFunction = ['function', 'onParcelSent', '--topic', 'parcel_sent']
  await promisify(execFile)(process.execPath, [join(directory, 'infra/new/main.ts'), ...newFunction])
  await addMigration(directory, 'create table parcels (id text primary key)')

  await until('the function to answer', takesUpMs, async () => {
    const url = (await readEndpoints(stateDirectory))?.functions.onParcelSent?.url
    return url !== undefined && (await send('GET', `${url}/health/readiness`).catch(() => undefined))?.status === 200
  })
  const bootstrap = endpoints.kafka?.bootstrap.split(',') ?? []
  await until('its topic', takesUpMs, () =>
    withAdmin(bootstrap, async admin => (await admin.listTopics()).includes('parcel_sent'))
  )
  const producer = connectKafka(bootstrap, 'test').producer()
  await producer.connect()
  // Each broker hears of a new topic in its own time, and kafkajs gives up on one that has not. Sent twice it is one event.
  await until('it to be sent', takesUpMs, async () => {
    await producer.send({ topic: 'parcel_sent', messages: [parcelSent] })
    return true
  })
  await producer.disconnect()
  const client = new Client({ connectionString: endpoints.postgres?.url })
  await client.connect()
  try {
    await until('the event to be handled', takesUpMs, async () => {
      const { rows } = await client.query(`select event_id from handled_events where function = 'onParcelSent'`)
      return rows.length === 1
    })
    await until('the migration', takesUpMs, async () => {
      const { rows } = await client.query(`select from pg_tables where tablename = 'parcels'`)
      return rows.length === 1
    })
  } finally {
    await client.end()
  }
  expect(main.isRunning()).toBe(true)
  expect((await readEndpoints(stateDirectory))?.dataplane?.pid).toBe(endpoints.dataplane?.pid)
}

const takesUpMs = 60_000

const parcelSent = {
  key: 'parcel-1',
  value: JSON.stringify({ id: '1', name: 'Ada' }),
  headers: {
    ce_specversion: '1.0',
    ce_id: 'parcel-event-1',
    ce_source: '/test',
    ce_type: 'example.ParcelSent',
    ce_subject: 'parcel-1',
    ce_time: '2026-01-02T03:04:05.000Z',
    'content-type': 'application/json'
  }
}

async function addMigration(directory: string, statement: string): Promise<void> {
  const folder = join(directory, 'infra/postgres/migrations')
  const file = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(file, 'utf8')) as { entries: object[] }
  const entry = { idx: journal.entries.length, version: '7', when: Date.now(), tag: '9999_parcels', breakpoints: true }
  await writeFile(join(folder, '9999_parcels.sql'), statement)
  await writeFile(file, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }))
}

async function expectNoTrace(folder: StackFolder, directory: string): Promise<void> {
  expect(await folder.remains()).toEqual({ processes: [], ports: [] })
  expect(await readEndpoints(folder.stateDirectory)).toBeUndefined()
  expect(await runDirectories(folder, directory)).toEqual([])
}

/** Where `func invoke` looks for running functions. */
async function runDirectories({ ports }: StackFolder, directory: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(join(directory, 'functions'))) {
    const runs = await readdir(join(directory, 'functions', name, '.func', 'runs')).catch(() => [])
    found.push(...runs.filter(port => ports.includes(Number(port))))
  }
  return found
}
