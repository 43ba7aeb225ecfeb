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
/** Sent first and not measured: code is compiled, connections are open. */
const warmUpStudents = 200
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
  if (warmUp) {
    const warmingSince = await databaseNow(database)
    await Promise.all(Array.from({ length: warmUpStudents }, () => caller.create()))
    await catchUp(async () => warmUpStudents * effectsPerEvent - (await effectsSince(database, warmingSince)))
  }

  const since = await databaseNow(database)
  const sentAt = new Map<string, number>()
  let events = 0
  const create = async (number: number) => {
    const at = Date.now()
    const { status, id } = await caller.create()
    if (id === undefined) return status
    sentAt.set(id, at)
    events += 1
    if (updates && number % updateEvery === 0) {
      follow(caller.update(id).then(answered => void (events += answered === 200 ? 1 : 0)))
    }
    return status
  }
  const following: Promise<void>[] = []
  const follow = (update: Promise<void>) => following.push(update.catch(() => undefined))

  const before = await cpuByPart(endpoints)
  const sent = await send(load, create)
  await Promise.all(following)
  const missing = async () => events * effectsPerEvent - (await effectsSince(database, since))
  const { behind, caughtUpSeconds } = await catchUp(missing)
  const cost = costOf(before, await cpuByPart(endpoints), sentAt.size)
  const toLastEffect = (await lastEffects(database, since)).flatMap(({ studentId, sequence, doneAtMs }) => {
    const at = sentAt.get(studentId)
    return at === undefined || sequence !== 1 ? [] : [doneAtMs - at]
  })
  return { ...sent, students: sentAt.size, behind, caughtUpSeconds, cost, toLastEffect }
}

export async function measurePeer(endpoints: Endpoints, database: pg.Client, load: Load): Promise<Measured> {
  const peer = await startPeer(endpoints, database)
  const connections = 'connections' in load ? load.connections : undefined
  const pool = new Pool(peer.url, { connections: connections ?? 64 })
  try {
    await Promise.all(Array.from({ length: warmUpStudents }, () => post(pool)))
    await catchUp(async () => warmUpStudents - (await peer.stored()))
    let students = 0
    const before = await cpuByPart(endpoints, peer.pid)
    const sent = await send(load, async () => {
      const { status, id } = await post(pool)
      if (id !== undefined) students += 1
      return status
    })
    const { behind, caughtUpSeconds } = await catchUp(async () => students + warmUpStudents - (await peer.stored()))
    return {
      ...sent,
      students,
      behind,
      caughtUpSeconds,
      cost: costOf(before, await cpuByPart(endpoints, peer.pid), students)
    }
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
