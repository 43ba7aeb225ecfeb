// `npm run bench -- cold-start`: how long a function takes from nothing, beside a bare node:http server in the same runs.
//
// Each function is the image's own file with V8's code of an earlier run, as the image has it. A run starts every one of them
// once, in turn, on a real PostgreSQL; the medians over the runs are printed.
//   alive    spawn to the first 200 on /health/liveness: the process itself, without the database
//   ready    spawn to the first 200 on /health/readiness: the database has answered
//   answer   spawn to the answer of a first real request, sent as soon as the port is open; it is what a caller waits for
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../../functions/runtime/host/database.ts'
import { schemaDigest } from '../../../functions/runtime/events/publisher.ts'
import { eventSchemasByType } from '../../../functions/students/student-events.ts'
import { eventSchemas } from '../../../functions/runtime/tables/publishing.ts'
import { bundleOptions, functionNames } from '../../bundle.ts'
import { migrate } from '../../jobs/migrate.ts'
import { manifestPathsIn } from '../../knative-local/index.ts'
import { loadPlan } from '../../knative-local/plans.ts'
import { createPostgres, superuser, openProcesses, startArguments } from '../../knative-local/single-parts.ts'
import { freePort } from '../../knative-local/testing.ts'
import { project } from '../../project.ts'

const runs = 15
const startTimeoutMs = 10_000

interface Subject {
  readonly name: string
  /** Of node. */
  readonly args: readonly string[]
  readonly firstRequest: { readonly method: string; readonly path: string; readonly body?: string }
}

const milestones = ['alive', 'ready', 'answer'] as const
type Milestone = (typeof milestones)[number]

export async function coldStartBenchmark(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cold-start-'))
  const processes = openProcesses(folder)
  const postgres = createPostgres(processes, {
    directory: join(folder, 'postgres'),
    port: await freePort(),
    databases: [{ name: 'students', owner: superuser }],
    report: () => undefined,
    pidChanged: () => undefined
  })
  try {
    await postgres.start()
    await postgres.answers()
    const databaseUrl = postgres.url('students')
    await prepare(databaseUrl)
    const subjects = [await bareServer(folder), ...(await bundledFunctions(folder))]
    const env = { ...(await topics()), ...environment(databaseUrl) }
    for (const subject of subjects) await start(subject, env, 'answer') // keeps the code of what has run

    const starts = new Map<string, number[]>()
    for (let run = 0; run < runs; run++) {
      for (const milestone of milestones) {
        for (const subject of subjects) {
          const key = `${subject.name} ${milestone}`
          starts.set(key, [...(starts.get(key) ?? []), await start(subject, env, milestone)])
        }
      }
    }
    print(subjects, (subject, milestone) => median(starts.get(`${subject.name} ${milestone}`) ?? []))
  } finally {
    await postgres.stop()
    await processes.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function prepare(databaseUrl: string): Promise<void> {
  await migrate(databaseUrl)
  const { db, close } = connect(
    { DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: 1, DATABASE_TIMEOUT_MS: 5_000 },
    'bench',
    () => undefined
  )
  await db.insert(eventSchemas).values(
    [...eventSchemasByType].map(([type, schema]) => ({
      type,
      digest: schemaDigest(schema),
      dataschema: 'http://registry.example.com/'
    }))
  )
  await close()
}

async function bareServer(folder: string): Promise<Subject> {
  const file = join(folder, 'bare.cjs')
  await writeFile(
    file,
    `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1')`
  )
  return { name: 'bare node:http', args: [file], firstRequest: { method: 'GET', path: '/' } }
}

async function bundledFunctions(folder: string): Promise<Subject[]> {
  const names = await functionNames()
  return Promise.all(
    names.map(async name => {
      const file = join(folder, `${name}.cjs`)
      await build(bundleOptions(name, file))
      return {
        name,
        args: startArguments(file),
        firstRequest: firstRequests[name] ?? { method: 'POST', path: '/', body: notAnEvent }
      }
    })
  )
}

/** Goes all the way through reading and decoding, and writes nothing. */
const notAnEvent = '{"specversion":"1.0","id":"1","source":"/bench","type":"none"}'
const firstRequests: Readonly<Record<string, Subject['firstRequest']>> = {
  createStudent: { method: 'GET', path: '/nobody' },
  updateStudent: { method: 'PATCH', path: '/nobody', body: '{"name":"Nobody"}' },
  deadLetterReplay: { method: 'GET', path: '/' }
}

function environment(databaseUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    FUNCTION_URLS: 'none=http://127.0.0.1:1'
  }
}

/** Where the commands publish, as their Services say. */
async function topics(): Promise<Record<string, string>> {
  const { plan, problems } = await loadPlan(manifestPathsIn(project))
  if (plan === undefined) throw new Error(problems.join('\n'))
  const variables = plan.services.flatMap(({ env }) => env)
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (name.endsWith('_TOPIC') && value !== undefined ? [[name, value]] : []))
  )
}

/** Starts it, measures until the answer, and ends it as Kubernetes does. */
async function start(subject: Subject, env: Record<string, string>, milestone: Milestone): Promise<number> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, subject.args, { env: { ...env, PORT: String(port) }, stdio: 'ignore' })
  const exited = once(child, 'exit')
  const wanted = {
    alive: { method: 'GET', path: '/health/liveness' },
    ready: { method: 'GET', path: '/health/readiness' },
    answer: subject.firstRequest
  }[milestone]
  try {
    for (;;) {
      const status = await ask(port, wanted)
      if (status === 200 || (status !== undefined && milestone === 'answer')) return performance.now() - began
      if (performance.now() - began > startTimeoutMs) {
        throw new Error(`${subject.name} was not there within ${startTimeoutMs} ms (${milestone}: ${status})`)
      }
      await sleep(1)
    }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

/** The status, or nothing while the port is closed. */
function ask(port: number, { method, path, body }: Subject['firstRequest']): Promise<number | undefined> {
  const contentType = method === 'POST' ? 'application/cloudevents+json' : 'application/json'
  return new Promise(resolve => {
    request(
      { host: '127.0.0.1', port, method, path, agent: false, headers: body ? { 'content-type': contentType } : {} },
      response => {
        response.resume().once('end', () => resolve(response.statusCode))
      }
    )
      .once('error', () => resolve(undefined))
      .end(body)
  })
}

function print(subjects: readonly Subject[], medianOf: (subject: Subject, milestone: Milestone) => number): void {
  const [bare] = subjects
  const lines = subjects.map(subject => {
    const cells = milestones.flatMap(milestone => {
      const ms = medianOf(subject, milestone)
      return [`${ms.toFixed(0)} ms`, bare ? `${(ms / medianOf(bare, milestone)).toFixed(1)}x` : '']
    })
    return [subject.name.padEnd(18), ...cells.map(column)].join('')
  })
  const head = milestones.flatMap(milestone => [milestone, 'to bare']).map(column)
  const load = loadavg()[0]?.toFixed(1)
  process.stdout.write(
    [
      `Cold start, medians of ${runs} interleaved runs, Node ${process.versions.node}, load average ${load}`,
      `${''.padEnd(18)}${head.join('')}`,
      ...lines,
      ''
    ].join('\n')
  )
}

const column = (text: string) => text.padStart(10)

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
