// Takes the dead letter sink away while an event fails permanently, and says what became of Knative's copy of its letter. The
// function's own letter is the first copy and does not depend on the sink.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { Client } from 'pg'
import { until } from '../../../knative-local/testing.ts'
import type { Load } from '../load.ts'

export interface SinkDownOptions {
  readonly kafka: Kafka
  readonly databaseUrl: string
  readonly topic: string
  readonly load: Load
  readonly forMs: number
  readonly signal: AbortSignal
  takeAway(): Promise<void>
  giveBack(): Promise<void>
}

/** For the event to go all the way to the function, while other faults may be under way. */
const failsWithinMs = 30_000
/** For Knative's copy once the sink is back: it is tried again with a growing delay. */
const arrivesWithinMs = 60_000
const pollMs = 250

export async function whileSinkIsDown(options: SinkDownOptions): Promise<string> {
  const { topic, load, forMs, signal, takeAway, giveBack } = options
  const before = await endOf(options)
  let failed = false
  try {
    await takeAway()
    const downFrom = performance.now()
    const student = await load.enrolStranger()
    failed = student !== undefined && (await poll(failsWithinMs, signal, () => hasLetter(options, student)))
    await sleep(Math.max(0, forMs - (performance.now() - downFrom)), undefined, { signal }).catch(() => undefined)
  } finally {
    await giveBack()
  }
  if (!failed) return `Kafka refused every write to ${topic}; no event failed meanwhile`
  const backAt = performance.now()
  const arrived = await poll(arrivesWithinMs, signal, async () => (await endOf(options)) > before)
  const copy = arrived
    ? `its copy was written ${((performance.now() - backAt) / 1_000).toFixed(1)} s after the sink was back`
    : 'its copy was dropped, and that letter is the only one'
  return `Kafka refused every write to ${topic} while an event failed permanently; the function recorded its letter, ${copy}`
}

/** Whether it was met in time; PostgreSQL or a broker may be down as well. */
function poll(timeoutMs: number, signal: AbortSignal, isMet: () => Promise<boolean>): Promise<boolean> {
  return until('it', timeoutMs, isMet, { everyMs: pollMs, signal }).then(
    () => true,
    () => false
  )
}

async function endOf({ kafka, topic }: SinkDownOptions): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
  } finally {
    await admin.disconnect()
  }
}

async function hasLetter({ databaseUrl }: SinkDownOptions, student: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined) // the query under way fails as well
  await client.connect()
  try {
    const { rows } = await client.query('select from dead_letters where entity = $1', [student])
    return rows.length > 0
  } finally {
    await client.end()
  }
}
