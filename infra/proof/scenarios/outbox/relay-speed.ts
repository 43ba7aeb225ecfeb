// How fast the relay is: many rows at once, and the time from the commit of one to its record at a consumer.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { Narrator } from '../report/narrator.ts'
import { inTransaction } from '../stage/in-transaction.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { percentile } from '../../bench/percentile.ts'
import { insertOutboxRows, readRelayed, type RelayedTopic } from './relayed-topic.ts'

const relayTimeoutMs = 120_000
const perSecond = 100

export async function showRelaySpeed(
  stage: Stage,
  client: PoolClient,
  narrator: Narrator,
  relayed: RelayedTopic
): Promise<void> {
  const atOnce = stage.short ? 2_000 : 20_000
  const oneByOne = stage.short ? 200 : 1_000
  narrator.step('How fast the relay is')
  narrator.say(
    `From sending the commit to the record at a consumer: ${atOnce.toLocaleString('en-GB')} rows of one transaction, then ${oneByOne.toLocaleString('en-GB')} transactions of one row each, ${perSecond} a second.`
  )
  const began = relayed.records.length
  const written: string[] = []
  const sentAtMs = new Map<string, number>()

  const committedMs = await inTransaction(client, 'commit', async () => {
    for (const id of await insertOutboxRows(client, relayed.topic, { first: 1, count: atOnce })) written.push(id)
    return Date.now()
  })
  await arrived(stage, relayed, began, atOnce)
  const bulk = relayed.records.slice(began)
  const firstMs = (bulk[0]?.receivedAtMs ?? committedMs) - committedMs
  const lastMs = Math.max(1, (bulk.at(-1)?.receivedAtMs ?? committedMs) - committedMs)

  const singlesFrom = relayed.records.length
  const singlesBegan = performance.now()
  for (let number = 0; number < oneByOne; number++) {
    const dueMs = singlesBegan + (number / perSecond) * 1_000 - performance.now()
    if (dueMs > 0) await sleep(dueMs, undefined, { signal: stage.signal })
    const atMs = Date.now()
    const [id = ''] = await insertOutboxRows(client, relayed.topic, { first: atOnce + number + 1, count: 1 })
    written.push(id)
    sentAtMs.set(id, atMs)
  }
  await arrived(stage, relayed, singlesFrom, oneByOne)
  const latencies = relayed.records.slice(singlesFrom).flatMap(record => {
    const at = sentAtMs.get(readRelayed(record).id)
    return at ? [record.receivedAtMs - at] : []
  })
  const latenciesMs = latencies.toSorted((a, b) => a - b)
  const figures = {
    p50Ms: percentile(latenciesMs, 0.5),
    p95Ms: percentile(latenciesMs, 0.95),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: percentile(latenciesMs, 1)
  }
  const perSecondRelayed = Math.round((bulk.length / lastMs) * 1_000)
  narrator.table([
    {
      Rows: atOnce,
      Transactions: 1,
      'First after, ms': firstMs,
      'Last after, ms': lastMs,
      'Records a second': perSecondRelayed
    },
    {
      Rows: oneByOne,
      Transactions: oneByOne,
      'p50, ms': figures.p50Ms,
      'p95, ms': figures.p95Ms,
      'p99, ms': figures.p99Ms,
      'max, ms': figures.maxMs
    }
  ])
  const all = relayed.records.slice(began).map(readRelayed)
  const found = new Set(all.map(({ id }) => id))
  const missing = written.filter(id => !found.has(id)).length
  const outOfOrder = countOutOfOrder(all)
  narrator.claim(
    'every row is published once, and those of one key in the order of the commits',
    missing === 0 && all.length === written.length && outOfOrder === 0,
    `${written.length} rows, ${all.length} records, ${missing} missing, ${outOfOrder} out of order`
  )
  narrator.fact('relay', { recordsPerSecond: perSecondRelayed, rowsAtOnce: atOnce, ...figures })
}

async function arrived(stage: Stage, { records }: RelayedTopic, from: number, count: number): Promise<void> {
  await waitAtMost(stage, relayTimeoutMs, async () => records.length >= from + count)
}

function countOutOfOrder(records: readonly { readonly key: string; readonly number: number }[]): number {
  const last = new Map<string, number>()
  return records.filter(({ key, number }) => {
    const before = last.get(key) ?? 0
    last.set(key, number)
    return number <= before
  }).length
}
