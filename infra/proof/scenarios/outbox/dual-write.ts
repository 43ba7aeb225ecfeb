// The contrast: a process that writes to PostgreSQL and to Kafka on its own is killed, and the two disagree. The same process
// with an outbox is killed as often, and they agree.
import { resolve } from 'node:path'
import { seededRandom } from '../../chaos/random.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { compareStores } from './compare-stores.ts'
import { readRelayed, type RelayedTopic } from './relayed-topic.ts'

const writers = ['commit-produce', 'produce-commit', 'outbox'] as const
type Writer = (typeof writers)[number]
const ways: Record<Writer, string> = {
  'commit-produce': 'commit, then produce',
  'produce-commit': 'produce, then commit',
  outbox: 'row and outbox row, one commit'
}
const seed = 7
const writeTimeoutMs = 60_000
const relayTimeoutMs = 120_000

export async function showDualWrite(stage: Stage, narrator: Narrator, relayed: RelayedTopic): Promise<void> {
  const { database, mark, short, undo } = stage
  const { topic, records } = relayed
  const kills = short ? 3 : 8
  const from = records.length
  const schema = `scenario_outbox_${mark}`
  narrator.step('Without an outbox')
  narrator.say(
    `A process writes a row to a table and its event to a topic, 16 at once, and is killed (SIGKILL) in the middle of them, ${kills} times for each way of doing it. ` +
      'No error is reported to anybody, and nothing is left that would try again.'
  )
  undo(`schema ${schema}`, () => database.query(`drop schema if exists ${schema} cascade`))
  await database.query(`create schema ${schema} create table things (id uuid primary key, writer text not null)`)

  const ends = await Promise.allSettled(
    writers.map(async (writer, index) => {
      const random = seededRandom(seed + index)
      for (let kill = 0; kill < kills; kill++) {
        await runWriter(stage, { writer, schema, topic, things: random.between(5, 100) })
      }
    })
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  // A commit that was sent before the kill is still done.
  await waitAtMost(stage, relayTimeoutMs, async () => (await sessionsOf(stage, schema)) === 0)
  const stored = await readThings(stage, schema)
  const announced = (writer: Writer) =>
    records.slice(from).flatMap(record => {
      const { id } = readRelayed(record)
      const isOutbox = id !== ''
      if (isOutbox !== (writer === 'outbox')) return []
      if (isOutbox) return [id]
      return record.value?.toString() === writer ? [record.key?.toString() ?? ''] : []
    })
  const ofOutbox = stored.flatMap(({ id, writer }) => (writer === 'outbox' ? [id] : []))
  await waitAtMost(stage, relayTimeoutMs, async () => {
    const found = new Set(announced('outbox'))
    return ofOutbox.every(id => found.has(id))
  })

  await relayed.toTheEnd()

  const results = new Map(
    writers.map(writer => {
      const rows = stored.filter(thing => thing.writer === writer).map(({ id }) => id)
      return [writer, compareStores(rows, announced(writer))]
    })
  )
  narrator.table(
    [...results].map(([writer, { rows, events, withoutEvent, withoutRow }]) => ({
      Writer: ways[writer],
      Kills: kills,
      'Rows in PostgreSQL': rows,
      'Events in Kafka': events,
      'Rows without an event': withoutEvent,
      'Events without a row': withoutRow
    }))
  )
  const [first, second, outbox] = writers.map(writer => results.get(writer))
  narrator.claim(
    'a row that is committed first is left without its event',
    (first?.withoutEvent ?? 0) > 0,
    `${first?.withoutEvent} of ${first?.rows} rows that were never announced`
  )
  narrator.claim(
    'an event that is sent first announces a row that is not there',
    (second?.withoutRow ?? 0) > 0,
    `${second?.withoutRow} of ${second?.events} events of things that never happened`
  )
  narrator.claim(
    'with an outbox there is neither',
    outbox !== undefined && outbox.rows > 0 && outbox.withoutEvent + outbox.withoutRow === 0,
    `${outbox?.rows} rows, ${outbox?.events} events, ${outbox?.withoutEvent} and ${outbox?.withoutRow} without the other`
  )
  narrator.fact('dualWrite', Object.fromEntries(results))
}

interface Run {
  readonly writer: Writer
  readonly schema: string
  readonly topic: string
  /** After so many it is killed, in the middle of others. */
  readonly things: number
}

async function runWriter(
  { endpoints, processes, signal, undo }: Stage,
  { writer, schema, topic, things }: Run
): Promise<void> {
  let done = 0
  const child = processes.start({
    name: `writer-${writer}`,
    command: process.execPath,
    args: [resolve(import.meta.dirname, 'pair-writer.ts')],
    env: {
      ...process.env,
      DATABASE_URL: endpoints.postgres.url,
      KAFKA_BOOTSTRAP: endpoints.kafka.bootstrap,
      WRITER: writer,
      SCHEMA: schema,
      TOPIC: topic
    },
    onLine(line) {
      if (line === 'done' && ++done === things) child.signal('SIGKILL')
    }
  })
  undo(`the process ${child.name}`, () => child.stop(0))
  await until(`the writer ${writer} to be killed`, writeTimeoutMs, async () => !child.isRunning(), { signal })
  if (done < things) throw new Error(`${child.name} ended unasked. See its log in ${processes.logDirectory}.`)
}

async function sessionsOf({ database }: Stage, schema: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'select count(*)::int as count from pg_stat_activity where application_name = $1',
    [schema]
  )
  return rows[0]?.count ?? 0
}

async function readThings({ database }: Stage, schema: string): Promise<{ id: string; writer: string }[]> {
  const { rows } = await database.query<{ id: string; writer: string }>(`select id, writer from ${schema}.things`)
  return rows
}
