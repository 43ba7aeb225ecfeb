// A topic of the scenario's own that is filled through the real outbox: which topic a row goes to is a column of it.
//
// Such rows are no student's events, so they are deleted in the end, and the topic after them. It must not go while the
// relay might still send to it, as a topic that is not there would hold up every other event: Kafka makes none automatically.
import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { lastHeader } from '../../../knative-local/events.ts'
import type { Endpoints } from '../../../knative-local/index.ts'
import { askConnect } from '../../../knative-local/single-parts.ts'
import { until } from '../../../knative-local/testing.ts'
import { type FollowedRecord, type FollowedTopics, followTopics } from '../stage/follow-topics.ts'
import { inTransaction } from '../stage/in-transaction.ts'
import type { Stage } from '../stage/stage.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'

/** infra/debezium/outbox-connector.yaml. */
export const connector = 'outbox'
/** Of different keys. */
const students = 50
const payloadBytes = 200
const relayTimeoutMs = 120_000

export interface RelayedTopic extends FollowedTopics {
  readonly topic: string
}

/** What a row's record is known by. */
export interface RelayedRecord {
  readonly id: string
  readonly key: string
  readonly number: number
}

export async function createRelayedTopic(stage: Stage, suffix: string): Promise<RelayedTopic> {
  const topic = await createTemporaryTopic(stage, suffix, {
    partitions: 4,
    async mayGo(own) {
      const { rowCount } = await stage.database.query('select from outbox where topic = $1 limit 1', [own])
      if (rowCount !== 0) throw new Error('rows of the outbox still name it: delete them first')
    }
  })
  const followed = await followTopics(stage, [topic])
  stage.undo(`the outbox rows of ${topic}`, () => removeRows(stage, topic, followed.records))
  return { topic, ...followed }
}

/** One row for each number from `first` on. Answers with their ids. */
export async function insertOutboxRows(
  client: Pool | PoolClient,
  topic: string,
  { first, count }: { readonly first: number; readonly count: number }
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey,
       traceparent, payload)
     select gen_random_uuid(), $1, key, 'com.example.scenario', '/scenarios/outbox', key, $2, 'text/plain', '/none',
       lpad(n::text, 10, '0'), key, '00-00000000000000000000000000000001-0000000000000001-00',
       convert_to(rpad(n::text, $3), 'UTF8')
     from generate_series($4::int, $4::int + $5::int - 1) as n cross join lateral (select 'student-' || n % $6) as k (key)
     order by n
     returning id`,
    [topic, new Date().toISOString(), payloadBytes, first, count, students]
  )
  return rows.map(({ id }) => id)
}

export function readRelayed(record: FollowedRecord): RelayedRecord {
  return {
    id: lastHeader(record, 'ce_id')?.toString() ?? '',
    key: record.key?.toString() ?? '',
    number: Number(record.value?.toString().trimEnd())
  }
}

async function removeRows(
  { database, endpoints }: Stage,
  topic: string,
  records: readonly FollowedRecord[]
): Promise<void> {
  const { id, lsn } = await insertLastRow(database, topic)
  await until(`the last row of ${topic} to be relayed`, relayTimeoutMs, async () =>
    records.some(record => readRelayed(record).id === id)
  )
  // A relay that is killed now would begin behind it.
  await until('the relay to store its offset', relayTimeoutMs, async () => (await storedLsn(endpoints.connect)) >= lsn)
  await database.query('delete from outbox where topic = $1', [topic])
}

async function insertLastRow(database: Pool, topic: string): Promise<{ readonly id: string; readonly lsn: bigint }> {
  const client = await database.connect()
  try {
    return await inTransaction(client, 'commit', async () => {
      const { rows } = await client.query<{ lsn: string }>(
        `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as lsn`
      )
      const [id = randomUUID()] = await insertOutboxRows(client, topic, { first: 0, count: 1 })
      return { id, lsn: BigInt(rows[0]?.lsn ?? 0) }
    })
  } finally {
    client.release()
  }
}

const Offsets = z.object({ offsets: z.array(z.object({ offset: z.object({ lsn: z.number() }) })) })

async function storedLsn(connect: Endpoints['connect']): Promise<bigint> {
  const response = await askConnect(connect, `/connectors/${connector}/offsets`, { timeoutMs: 5_000 })
  return BigInt(Offsets.parse(await response.json()).offsets[0]?.offset.lsn ?? 0)
}
