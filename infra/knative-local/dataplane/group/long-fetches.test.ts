import type { Cluster } from 'kafkajs'
import { expect, test, vi } from 'vitest'
import { LONG_FETCH_MS, LongFetches } from './long-fetches.ts'

const waitMs = 20
const asked = (fetchOffset: string) => ({
  maxWaitTime: waitMs,
  topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset }] }]
})
const nothing = { responses: [] }

test('one fetch stays at Kafka while kafkajs is answered in its time, and what comes is answered once', async () => {
  const { broker, sent } = await start()
  expect(await broker.fetch(asked('7'))).toEqual(nothing)
  expect(await broker.fetch(asked('7'))).toEqual(nothing)
  expect(sent.map(({ maxWaitTime }) => maxWaitTime)).toEqual([LONG_FETCH_MS])

  const waiting = broker.fetch(asked('7'))
  sent[0]?.resolve('records')
  expect(await waiting).toBe('records')

  const next = broker.fetch(asked('8'))
  expect(sent).toHaveLength(2)
  sent[1]?.resolve('more')
  expect(await next).toBe('more')
})

test('what came while nobody waited is answered next, a failure too', async () => {
  const { broker, sent } = await start()
  await broker.fetch(asked('7'))
  sent[0]?.resolve('records')
  expect(await broker.fetch(asked('7'))).toBe('records')

  await broker.fetch(asked('8'))
  sent[1]?.reject(new Error('closed'))
  await new Promise(setImmediate)
  await expect(broker.fetch(asked('8'))).rejects.toThrow('closed')
  await broker.fetch(asked('8'))
  expect(sent).toHaveLength(3)
})

test('a fetch of something else does not wait behind one that brings nothing', async () => {
  const { broker, sent, connection } = await start()
  await broker.fetch(asked('7'))
  const other = broker.fetch(asked('9'))
  await new Promise(setImmediate)
  expect(connection.closed).toBe(1)
  expect(sent).toHaveLength(2)
  sent[1]?.resolve('from 9')
  expect(await other).toBe('from 9')
})

test('an answer that has begun to come is waited for', async () => {
  const { broker, sent, connection } = await start()
  await broker.fetch(asked('7'))
  connection.bytesBuffered = 1
  const other = broker.fetch(asked('9'))
  await new Promise(setImmediate)
  expect(sent).toHaveLength(1)
  sent[0]?.resolve('dropped')
  await new Promise(setImmediate)
  sent[1]?.resolve('from 9')
  expect(await other).toBe('from 9')
  expect(connection.closed).toBe(0)
})

test('while what is fetched may change, fetches are kafkajs own', async () => {
  const { broker, sent } = await start(() => false)
  const own = broker.fetch(asked('7'))
  expect(sent[0]?.maxWaitTime).toBe(waitMs)
  sent[0]?.resolve('records')
  expect(await own).toBe('records')
})

test('a fetch is sent after the wait that it is given, steady or not', async () => {
  for (const isSteady of [true, false]) {
    const { broker, sent } = await start(
      () => isSteady,
      () => 30
    )
    const startedAt = performance.now()
    const answer = broker.fetch(asked('7'))
    await new Promise(setImmediate)
    expect(sent).toHaveLength(0)
    await vi.waitUntil(() => sent.length > 0, { interval: 1 })
    expect(performance.now() - startedAt).toBeGreaterThan(28)
    sent[0]?.resolve('records')
    expect(await answer).toBe('records')
  }
})

test('at a stop whoever waits is answered at once, and disconnecting waits for no fetch', async () => {
  const { broker, cluster, fetches, connection } = await start()
  const waiting = broker.fetch({ ...asked('7'), maxWaitTime: 60_000 })
  fetches.wake()
  expect(await waiting).toEqual(nothing)
  await cluster.disconnect()
  expect(connection.closed).toBe(1)
})

/** A cluster of one broker, whose fetches are answered by the test. */
async function start(isSteady = () => true, paceMs = () => 0) {
  const sent: (PromiseWithResolvers<unknown> & { readonly maxWaitTime: number })[] = []
  const connection = {
    bytesBuffered: 0,
    closed: 0,
    socket: { destroy: () => void connection.closed++ },
    rejectRequests: (error: Error) => sent.at(-1)?.reject(error),
    disconnect: async () => true
  }
  const plain = {
    connectionPool: { pool: [undefined, connection] },
    fetch({ maxWaitTime }: ReturnType<typeof asked>): Promise<unknown> {
      const answer = { ...Promise.withResolvers<unknown>(), maxWaitTime }
      sent.push(answer)
      return answer.promise
    }
  }
  const cluster = { findBroker: async () => plain, disconnect: async () => undefined }
  const fetches = new LongFetches(isSteady, paceMs)
  fetches.serve(cluster as unknown as Cluster)
  return { fetches, cluster, connection, sent, broker: await cluster.findBroker() }
}
