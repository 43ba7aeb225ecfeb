// One load on the whole path and one on the plain peer, each until the last effect is there.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { Pool } from 'undici'
import type { Endpoints } from '../../../knative-local/index.ts'
import { lastEffects } from '../last-effects.ts'
import { type Caller, post } from './caller.ts'
import { type Cost, costOf, cpuByPart } from './cpu-per-student.ts'
import { type Load, send, type Sent } from './send.ts'
import { startPeer } from './start-peer.ts'

/** Longer than this and the consumers have not kept up by any measure. */
const catchUpTimeoutMs = 300_000
const updateEvery = 10
/**
 * What comes first and is not measured: as much as these connections bring, until compilers have what is used most often. At 200 students a second
 * that takes them more than a minute, of which --at-once tells.
 */
export const warmUpLoad = { connections: 32, seconds: 10 }
/** Effects of a create: onStudentCreate, onAnyStudent. Of an update: onStudentUpdate, onAnyStudent. */
const effectsPerEvent = 2

export interface Measured extends Sent {
  readonly students: number
  /** At the last answer. */
  readonly behind: number
  /** From the last answer to the last effect. */
  readonly caughtUpSeconds: number
  readonly cost: Cost
}

export interface MeasuredFlow extends Measured {
  /** Milliseconds from each POST to the later of its two effects. */
  readonly toLastEffect: readonly number[]
}

export interface FlowOptions {
  /** Every tenth student is updated once. */
  readonly updates: boolean
  readonly warmUp: boolean
}

export async function measureFlow(
  endpoints: Endpoints,
  database: pg.Client,
  caller: Caller,
  load: Load,
  { updates, warmUp }: FlowOptions
): Promise<MeasuredFlow> {
  const flow = async (of: Load) => {
    const since = await databaseNow(database)
    const students = openStudents(caller, updates)
    const before = await cpuByPart(endpoints)
    const sent = await send(of, students.create)
    const events = await students.events()
    const caughtUp = await catchUp(async () => events * effectsPerEvent - (await effectsSince(database, since)))
    return { ...sent, ...caughtUp, since, before, sentAt: students.sentAt }
  }
  if (warmUp) await flow(warmUpLoad)
  const { since, before, sentAt, ...measured } = await flow(load)
  const cost = costOf(before, await cpuByPart(endpoints), sentAt.size)
  const toLastEffect = (await lastEffects(database, since)).flatMap(({ studentId, sequence, doneAtMs }) => {
    const at = sentAt.get(studentId)
    return at === undefined || sequence !== 1 ? [] : [doneAtMs - at]
  })
  return { ...measured, students: sentAt.size, cost, toLastEffect }
}

function openStudents(caller: Caller, updates: boolean) {
  const sentAt = new Map<string, number>()
  const following: Promise<number>[] = []
  return {
    /** When each was sent, by its id. */
    sentAt,
    async create(this: void, number: number): Promise<number> {
      const at = Date.now()
      const { status, id } = await caller.create()
      if (id === undefined) return status
      sentAt.set(id, at)
      if (updates && number % updateEvery === 0) following.push(caller.update(id).catch(() => 0))
      return status
    },
    /** Of those and their updates, once all are answered. */
    async events(this: void): Promise<number> {
      const updated = (await Promise.all(following)).filter(status => status === 200)
      return sentAt.size + updated.length
    }
  }
}

export async function measurePeer(endpoints: Endpoints, database: pg.Client, load: Load): Promise<Measured> {
  const peer = await startPeer(endpoints, database)
  const connections = 'connections' in load ? load.connections : undefined
  const pool = new Pool(peer.url, { connections: connections ?? 64 })
  try {
    let students = 0
    const flow = async (of: Load) => {
      const first = students
      const before = await cpuByPart(endpoints, peer.pid)
      const sent = await send(of, async () => {
        const { status, id } = await post(pool)
        if (id !== undefined) students += 1
        return status
      })
      const caughtUp = await catchUp(async () => students - (await peer.stored()))
      return { ...sent, ...caughtUp, before, students: students - first }
    }
    await flow(warmUpLoad)
    const { before, ...measured } = await flow(load)
    return { ...measured, cost: costOf(before, await cpuByPart(endpoints, peer.pid), measured.students) }
  } finally {
    await pool.close()
    await peer.stop()
  }
}

async function catchUp(missing: () => Promise<number>): Promise<{ behind: number; caughtUpSeconds: number }> {
  const from = performance.now()
  const behind = Math.max(0, await missing())
  while ((await missing()) > 0) {
    if (performance.now() - from > catchUpTimeoutMs) {
      throw new Error(`Not all effects were there after ${catchUpTimeoutMs / 1_000} s`)
    }
    await sleep(100)
  }
  return { behind, caughtUpSeconds: (performance.now() - from) / 1_000 }
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
