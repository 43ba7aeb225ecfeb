// `npm run bench -- flow [RATE] [SECONDS]`: from a POST to its last effect, through the running stack (`npm run dev`).
//
//   idle   one student at a time: POST, then ask until the directory entry is active
//   load   RATE students a second for SECONDS (500 and 60 unless told), every tenth followed by an update, sent on time
//          whether or not earlier ones were answered; then until all three consumers are done
//
// Effects are timed by the database's clock (handled_events.handled_at), which is this machine's.
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Pool } from 'undici'
import { z } from 'zod'
import { type Endpoints, readEndpoints } from '../../knative-local/endpoints.ts'
import { stateDirectoryOf } from '../../knative-local/cli/settings.ts'
import { table } from '../../knative-local/cli/table.ts'
import { busyShare, cpuTimes } from './cpu-times.ts'
import { lastEffects } from './last-effects.ts'
import { percentile } from './percentile.ts'

const idleStudents = 50
const connections = 64
/** Longer than this and the consumers have not kept up by any measure. */
const catchUpTimeoutMs = 300_000
const updateEvery = 10
/** Effects of a create: onStudentCreate, onAnyStudent. Of an update: onStudentUpdate, onAnyStudent. */
const effectsPerEvent = 2

const Arguments = z.object({
  rate: z.coerce.number().int().min(1).max(10_000).default(500),
  seconds: z.coerce.number().int().min(1).max(3_600).default(60)
})

export async function flowBenchmark(args: readonly string[]): Promise<void> {
  const { rate, seconds } = Arguments.parse({ rate: args[0], seconds: args[1] })
  const endpoints = await readEndpoints(stateDirectoryOf(undefined, process.env))
  if (!endpoints) throw new Error('Nothing runs. Start the stack with npm run dev, then run this beside it.')
  const caller = openCaller(endpoints)
  const database = new pg.Client({ connectionString: endpoints.postgres.url })
  await database.connect()
  try {
    const idle = await measureIdle(caller)
    print([
      `Idle, ${idleStudents} students one after the other`,
      ...percentileTable([['POST to directory entry', idle]])
    ])
    await measureLoad(caller, database, rate, seconds)
  } finally {
    await database.end()
    await caller.close()
  }
}

interface Caller {
  create(): Promise<{ readonly status: number; readonly id: string | undefined }>
  update(id: string): Promise<number>
  isActive(id: string): Promise<boolean>
  close(): Promise<void>
}

const Created = z.object({ id: z.string() })
const View = z.object({ directory: z.object({ status: z.string() }).nullable() })

function openCaller({ functions: { createStudent, updateStudent } }: Endpoints): Caller {
  if (!createStudent || !updateStudent) throw new Error('createStudent and updateStudent do not run')
  const creates = new Pool(createStudent.url, { connections })
  const updates = new Pool(updateStudent.url, { connections })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' })
  const change = JSON.stringify({ name: 'Ada King' })
  return {
    async create() {
      const response = await creates.request({ path: '/', method: 'POST', headers, body })
      const answer: unknown = await response.body.json()
      return { status: response.statusCode, id: Created.safeParse(answer).data?.id }
    },
    async update(id) {
      const response = await updates.request({ path: `/${id}`, method: 'PATCH', headers, body: change })
      await response.body.dump()
      return response.statusCode
    },
    async isActive(id) {
      const response = await creates.request({ path: `/${id}`, method: 'GET' })
      return View.parse(await response.body.json()).directory?.status === 'active'
    },
    close: async () => void (await Promise.all([creates.close(), updates.close()]))
  }
}

async function measureIdle(caller: Caller): Promise<number[]> {
  const latencies: number[] = []
  for (let student = 0; student < idleStudents; student++) {
    const startedAt = performance.now()
    const { id } = await caller.create()
    if (!id) throw new Error('createStudent refused a student: is user-1 there?')
    while (!(await caller.isActive(id))) await sleep(1)
    latencies.push(performance.now() - startedAt)
    await sleep(20) // the next one meets an idle system again
  }
  return latencies
}

async function measureLoad(caller: Caller, database: pg.Client, rate: number, seconds: number): Promise<void> {
  const startedAt = await databaseNow(database)
  const cpuBefore = cpuTimes()
  const sentAt = new Map<string, number>()
  const answers: number[] = []
  const statuses = new Map<string, number>()
  const count = (status: number | string) => statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1)
  let events = 0

  const post = async (number: number): Promise<void> => {
    const at = Date.now()
    const from = performance.now()
    try {
      const { status, id } = await caller.create()
      answers.push(performance.now() - from)
      count(status)
      if (!id) return
      sentAt.set(id, at)
      events += 1
      if (number % updateEvery === 0 && (await caller.update(id)) === 200) events += 1
    } catch (error) {
      count(error instanceof Error ? error.message : 'failed')
    }
  }

  const begin = performance.now()
  const pending: Promise<void>[] = []
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - begin) / 1_000) * rate) + 1)
    while (sent < due) pending.push(post(sent++))
    await sleep(2)
  }
  const lastPostAt = performance.now()
  await Promise.all(pending)
  const acceptedPerSecond = sentAt.size / ((performance.now() - begin) / 1_000)
  const behindAtEnd = events * effectsPerEvent - (await effectsSince(database, startedAt))
  await until(async () => (await effectsSince(database, startedAt)) >= events * effectsPerEvent)
  const caughtUpMs = performance.now() - lastPostAt
  const busy = busyShare(cpuBefore, cpuTimes())

  print([
    `Load, ${rate} students a second for ${seconds} s, every ${updateEvery}th updated too`,
    ...percentileTable([
      ['POST to answer', answers],
      ['POST to last effect', await toLastEffects(database, startedAt, sentAt)]
    ]),
    '',
    `accepted            ${acceptedPerSecond.toFixed(0)} a second; answers ${[...statuses].map(([status, times]) => `${status}: ${times}`).join(', ')}`,
    `effects             ${events * effectsPerEvent}, ${behindAtEnd} of them still to come at the last answer`,
    `all done            ${(caughtUpMs / 1_000).toFixed(1)} s after the last POST`,
    `machine             ${availableParallelism()} cores ${(busy * 100).toFixed(0)} % busy, load ${loadavg()[0]?.toFixed(1)}, with everything on it, this benchmark included`
  ])
}

async function databaseNow(database: pg.Client): Promise<Date> {
  const { rows } = await database.query<{ now: Date }>('select clock_timestamp() as now')
  return rows[0]?.now ?? new Date()
}

async function effectsSince(database: pg.Client, since: Date): Promise<number> {
  const { rows } = await database.query<{ effects: number }>(
    'select count(*)::int as effects from handled_events where handled_at >= $1',
    [since]
  )
  return rows[0]?.effects ?? 0
}

/** Of each student's create: from its POST to the later one of its two effects. */
async function toLastEffects(database: pg.Client, since: Date, sentAt: ReadonlyMap<string, number>): Promise<number[]> {
  const effects = await lastEffects(database, since)
  return effects.flatMap(({ studentId, sequence, doneAtMs }) => {
    const at = sentAt.get(studentId)
    return at === undefined || sequence !== 1 ? [] : [doneAtMs - at]
  })
}

async function until(isMet: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + catchUpTimeoutMs
  while (!(await isMet())) {
    if (performance.now() > deadline) throw new Error(`Not all effects were there after ${catchUpTimeoutMs / 1_000} s`)
    await sleep(50)
  }
}

function percentileTable(measured: readonly (readonly [string, readonly number[]])[]): string[] {
  const rows = measured.map(([what, values]) => {
    const sorted = values.toSorted((a, b) => a - b)
    const at = (share: number) => `${percentile(sorted, share).toFixed(0)} ms`
    return [what, String(sorted.length), at(0.5), at(0.95), at(0.99), at(1)]
  })
  return table(['', 'count', 'p50', 'p95', 'p99', 'max'], rows)
}

function print(lines: readonly string[]): void {
  process.stdout.write(`\n${lines.join('\n')}\n`)
}
