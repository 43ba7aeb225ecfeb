// A transaction that does not commit publishes nothing, however far it came.
import type { PoolClient } from 'pg'
import type { Narrator } from '../report/narrator.ts'
import { inTransaction } from '../stage/in-transaction.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { insertOutboxRows, readRelayed, type RelayedTopic } from './relayed-topic.ts'

const rows = 100
const relayTimeoutMs = 120_000

export async function showRolledBack(
  stage: Stage,
  client: PoolClient,
  narrator: Narrator,
  { topic, records }: RelayedTopic
): Promise<void> {
  narrator.step('A transaction is rolled back')
  narrator.say(
    `Two transactions write ${rows} outbox rows each; the first is rolled back, the second commits. The topic is the scenario's own: it is a column of the row.`
  )
  const positions = [await walPosition(client)]
  const rolledBack = await inTransaction(client, 'rollback', () =>
    insertOutboxRows(client, topic, { first: 1, count: rows })
  )
  positions.push(await walPosition(client))
  const committed = await inTransaction(client, 'commit', () =>
    insertOutboxRows(client, topic, { first: rows + 1, count: rows })
  )
  positions.push(await walPosition(client))

  // The log is read in order: once the later rows are through, the earlier ones will not come any more.
  const seen = () => new Set(records.map(record => readRelayed(record).id))
  const found = (ids: readonly string[]) => ids.filter(id => seen().has(id)).length
  await waitAtMost(stage, relayTimeoutMs, async () => found(committed) === rows)
  const [before = 0, between = 0, after = 0] = positions
  narrator.table([
    { Transaction: 'rolled back', Rows: rows, 'WAL bytes': between - before, 'Events in Kafka': found(rolledBack) },
    { Transaction: 'committed', Rows: rows, 'WAL bytes': after - between, 'Events in Kafka': found(committed) }
  ])
  narrator.claim(
    'what is rolled back is in the log of PostgreSQL, and never in Kafka',
    between > before && found(rolledBack) === 0 && found(committed) === rows,
    `${found(rolledBack)} of ${rows} events of the transaction that was rolled back, ${found(committed)} of ${rows} of the later one`
  )
}

async function walPosition(client: PoolClient): Promise<number> {
  const { rows: found } = await client.query<{ bytes: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes`
  )
  return found[0]?.bytes ?? 0
}
