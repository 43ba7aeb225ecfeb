// The whole data plane on a real broker: what appears later, what changes while it runs, and what Kafka itself adds.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { KafkaSource, Trigger } from '../manifests/plan.ts'
import { until } from '../until.ts'
import { Subscriber, serveSubscriber, type Received } from './conformance/subscriber.ts'
import { javaPartitioner } from './kafka/kafkajs.ts'
import type { DataPlane, DataPlanePlan } from './data-plane.ts'
import { openRecordWriter } from './kafka/record-writer.ts'
import { startTestKafka, type TestKafka } from '../testing/kafka.ts'
import { runDataPlane } from '../testing/run-data-plane.ts'
import { broker, kafkaSourceTo, triggerTo } from './testing/planned.ts'

const nothing: DataPlanePlan = { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [] }

/** kafkajs' own: what a broker answers can be replaced once. */
const KafkaBroker = createRequire(import.meta.url)('kafkajs/src/broker/index.js') as {
  readonly prototype: { heartbeat(): Promise<unknown>; joinGroup(): Promise<unknown> }
}

const subscriber = new Subscriber()
let kafka: TestKafka
let http: Awaited<ReturnType<typeof serveSubscriber>> | undefined

beforeAll(async () => {
  kafka = await startTestKafka(1)
  http = await serveSubscriber(subscriber)
}, 90_000)

afterAll(async () => {
  await http?.close()
  await kafka?.stop()
}, 30_000)

test('a source waits for its topic and starts when it is there', async () => {
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('later', {})] })
  await until('the reason', 10_000, async () => dataPlane.status().sources[0]?.reason === 'InitializeOffset')
  expect(dataPlane.status()).toMatchObject({
    ready: false,
    sources: [{ state: 'waiting', message: 'topic later does not exist' }]
  })
  await kafka.createTopic('later', 2)
  await ready(dataPlane)
  await produce('later', ['a'])
  await received('later', 1)
})

test('a source waits for the address of its sink and starts within a second of it', async () => {
  await kafka.createTopic('unresolved', 1)
  await produce('unresolved', ['a'])
  const ref = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace: 'test', name: 'function' }
  const source = kafkaSource('unresolved', { sink: { ref, uri: '/ok/unresolved' } })
  const dataPlane = await start({ ...nothing, kafkaSources: [source] })
  await until('the reason', 20_000, async () => dataPlane.status().sources[0]?.reason === 'ReconcileContract')
  expect(dataPlane.status().sources[0]?.message).toMatch(
    /^sink: Service test\/function has no address; .* --resolve test\/function=URL$/
  )
  dataPlane.resolve(new Map([['test/function', http?.url ?? '']]))
  await received('unresolved', 1)
})

test('initialOffset latest: what was there before is not delivered, what comes once it is ready is, in added partitions too', async () => {
  await kafka.createTopic('latest', 2)
  await produce('latest', ['before', 'before too'], 0)
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('latest', { initialOffset: 'latest' })] })
  await ready(dataPlane)
  expect(await kafka.committed('group-latest', 'latest')).toEqual(
    new Map([
      [0, 2],
      [1, 0]
    ])
  )
  await produce('latest', ['after'], 0)
  await received('latest', 1)

  await kafka.admin.createPartitions({ topicPartitions: [{ topic: 'latest', count: 3 }] })
  // As soon as Kafka has the partition, most likely before the consumer knows of it.
  await until('the partition', 10_000, async () => {
    await produce('latest', ['in the added one'], 2)
    return true
  })
  await received('latest', 2)
  expect(bodies('latest')).toEqual(['after', 'in the added one'])
})

test('records of aborted transactions are not delivered, and transaction markers leave no lag behind', async () => {
  await kafka.createTopic('transactions', 1)
  const producer = kafka.kafka.producer({ transactionalId: 'test', maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  for (const [value, commits] of [
    ['aborted', false],
    ['committed', true],
    ['aborted too', false]
  ] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'transactions', messages: [{ value }] })
    await (commits ? transaction.commit() : transaction.abort())
  }
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('transactions', {})] })
  await received('transactions', 1)
  expect(bodies('transactions')).toEqual(['committed'])
  await until('no lag', 10_000, async () => {
    const [assignment] = dataPlane.status().sources[0]?.assignments ?? []
    return assignment?.lag === 0 && assignment.committed === 6
  })
})

test('an event posted to a Broker reaches the Triggers that want it, and so does their reply', async () => {
  const dataPlane = await start({
    ...nothing,
    brokers: [broker('default')],
    triggers: [
      trigger('asks', { filterAttributes: { type: 'question' }, subscriber: { uri: `${http?.url}/reply/asks` } }),
      trigger('hears', { filters: [{ cesql: "type = 'reply' AND EXISTS source" }] })
    ]
  })
  await ready(dataPlane)
  expect(await post(dataPlane, { 'ce-id': 'q1', 'ce-type': 'question' })).toBe(202)
  await received('hears', 1)
  expect(header(requests('hears')[0], 'ce-id')).toBe('reply-to-q1')
  // An answer that has been sent is counted when it has come.
  await expect
    .poll(() => dataPlane.status().sources.map(({ name, delivered, filtered }) => ({ name, delivered, filtered })))
    .toEqual([
      { name: 'asks', delivered: 1, filtered: 1 },
      { name: 'hears', delivered: 1, filtered: 1 }
    ])
})

test('a changed plan changes what differs: settings at once, new and removed egresses, other ones undisturbed', async () => {
  await kafka.createTopic('stays', 1)
  await kafka.createTopic('goes', 1)
  const stays = kafkaSource('stays', {})
  const dataPlane = await start({ ...nothing, kafkaSources: [stays, kafkaSource('goes', {})] })
  await ready(dataPlane)
  await produce('stays', ['first'])
  await received('stays', 1)

  await kafka.createTopic('comes', 1)
  await dataPlane.apply({
    ...nothing,
    kafkaSources: [{ ...stays, extensions: { tenant: 'acme' } }, kafkaSource('comes', {})]
  })
  await ready(dataPlane)
  await produce('stays', ['second'])
  await produce('goes', ['unheard'])
  await produce('comes', ['third'])
  await received('stays', 2)
  await received('comes', 1)
  expect(header(requests('stays')[1], 'ce-tenant')).toBe('acme')
  expect(dataPlane.status().sources.map(({ name }) => name)).toEqual(['stays', 'comes'])
  // The same consumer as before: one delivered before the change, one after it, which counts when its answer has come.
  await expect.poll(() => dataPlane.status().sources[0]?.delivered).toBe(2)
  expect(requests('goes')).toEqual([])
  await until('an empty group', 10_000, async () => (await membersOf('group-goes')) === 0)
})

test('a topic that is deleted and recreated is read from its beginning', async () => {
  await kafka.createTopic('recreated', 1)
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('recreated', {})] })
  await ready(dataPlane)
  await produce('recreated', ['a', 'b', 'c'])
  await received('recreated', 3)
  await until('the commit', 20_000, async () => (await kafka.committed('group-recreated', 'recreated')).get(0) === 3)

  await kafka.admin.deleteTopics({ topics: ['recreated'] })
  await until('the deletion', 10_000, async () => !(await kafka.admin.listTopics()).includes('recreated'))
  await kafka.createTopic('recreated', 1)
  await produce('recreated', ['d'])
  await received('recreated', 4)
  expect(bodies('recreated')).toEqual(['a', 'b', 'c', 'd'])
}, 60_000)

test('a coordinator that moves, and is still loading when it is asked to join, holds nothing up permanently', async () => {
  await kafka.createTopic('moves', 1)
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('moves', {})] })
  await ready(dataPlane)
  await produce('moves', ['before'])
  await received('moves', 1)

  const heartbeat = vi.spyOn(KafkaBroker.prototype, 'heartbeat')
  const joinGroup = vi.spyOn(KafkaBroker.prototype, 'joinGroup')
  onTestFinished(() => void vi.restoreAllMocks())
  heartbeat.mockRejectedValueOnce(protocolError('NOT_COORDINATOR_FOR_GROUP', 16))
  joinGroup.mockRejectedValueOnce(protocolError('GROUP_LOAD_IN_PROGRESS', 14))
  await until('the second try to join', 20_000, async () => joinGroup.mock.calls.length >= 2)
  await ready(dataPlane)
  await produce('moves', ['after'])
  await until('the delivery', 10_000, async () => bodies('moves').includes('after'))
  expect(dataPlane.status().sources[0]).toMatchObject({ state: 'consuming', lastError: undefined })
})

test('a lost event is counted and says where it was', async () => {
  await kafka.createTopic('lost', 1)
  const dataPlane = await start({
    ...nothing,
    kafkaSources: [kafkaSource('lost', { sink: { uri: `${http?.url}/status/400` } })]
  })
  await produce('lost', ['nobody wants it'])
  await until('the loss', 10_000, async () => dataPlane.status().sources[0]?.dropped === 1)
  expect(dataPlane.status().sources[0]?.lastError).toContain('answered 400; there is no dead letter sink')
})

test('whatever a producer writes, with whatever codec, the record after it is delivered', async () => {
  await kafka.createTopic('anything', 1)
  const { None, GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes
  const manyHeaders = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`h${i}`, '']))
  const written: [kafkajs.CompressionTypes, Partial<kafkajs.Message>][] = [
    [None, { timestamp: '-9000000000000000000' }],
    [
      GZIP,
      {
        headers: { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't', ce_time: '+12345-01-01T00:00:00Z' }
      }
    ],
    [Snappy, { headers: { constructor: 'c', toString: 't', ['__proto__']: 'p' } }],
    [LZ4, { headers: manyHeaders }],
    [ZSTD, { key: Buffer.alloc(256 * 1024, 'k') }]
  ]
  const producer = kafka.kafka.producer({ createPartitioner: javaPartitioner })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  for (const [compression, message] of written) {
    const messages = [{ value: 'hostile', ...message }, { value: `after codec ${compression}` }]
    await producer.send({ topic: 'anything', compression, messages })
  }
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('anything', {})] })
  await until(
    'the records after',
    20_000,
    async () => bodies('anything').filter(body => body !== 'hostile').length === 5
  )
  expect(dataPlane.status().sources[0]).toMatchObject({ ready: true, state: 'consuming' })
  const named = requests('anything').find(request => header(request, 'ce-kafkaheadertostring') !== undefined)
  expect(header(named, 'ce-kafkaheaderconstructor')).toBe('c')
  expect(header(named, 'ce-kafkaheaderproto')).toBe('p')
})

test('a batch that cannot be decoded is tried again, then counted as lost with its place, and the next one is delivered', async () => {
  await kafka.createTopic('undecodable', 1)
  await kafka.createTopic('beside', 1)
  const { LZ4 } = kafkajs.CompressionTypes
  const codecs: Record<number, unknown> = kafkajs.CompressionCodecs
  const lz4 = codecs[LZ4]
  onTestFinished(() => void (codecs[LZ4] = lz4))
  const producer = kafka.kafka.producer({ createPartitioner: javaPartitioner })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  await producer.send({ topic: 'undecodable', compression: LZ4, messages: [{ value: 'a' }, { value: 'b' }] })
  await producer.send({ topic: 'undecodable', messages: [{ value: 'after' }] })
  codecs[LZ4] = undefined
  const topics = ['undecodable', 'beside']
  const dataPlane = await start({ ...nothing, kafkaSources: [kafkaSource('undecodable', { topics })] })
  await until('the reason', 10_000, async () => dataPlane.status().sources[0]?.reason === 'PartitionUnreadable')
  expect(dataPlane.status().sources[0]).toMatchObject({
    ready: false,
    message: 'undecodable/0@0..1 cannot be read, trying again: codec 3 is unknown'
  })
  // By the producer that is connected: within the four seconds in which it is tried again.
  await producer.send({ topic: 'beside', messages: [{ value: 'not held up' }] })
  await received('undecodable', 2)
  expect(bodies('undecodable')).toEqual(['not held up', 'after'])
  await expect.poll(() => dataPlane.status().sources[0]).toMatchObject({ ready: true, dropped: 2 })
})

test('an event is refused for what it is, never for those it is written with', async () => {
  await kafka.admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: 'bounded', numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '150000' }] },
      { topic: 'keyed', numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      { topic: 'by-default', numPartitions: 1 }
    ]
  })
  const writer = openRecordWriter(kafka.kafka)
  onTestFinished(() => writer.close())
  const write = async (topic: string, sizes: readonly number[], key: (i: number) => string | null) => {
    const written = sizes.map((size, i) => writer.write(topic, { key: key(i), value: randomBytes(size), headers: {} }))
    return (await Promise.allSettled(written)).map(({ status }) => status === 'fulfilled')
  }
  const all = (count: number) => Array.from({ length: count }, () => true)
  expect(
    await write(
      'by-default',
      Array.from({ length: 200 }, () => 104_760),
      () => 'k'
    )
  ).toEqual(all(200))
  expect(await write('bounded', [100, 149_000, 160_000, 100], () => 'k')).toEqual([true, true, false, true])
  expect(await write('keyed', [1, 1, 1, 1], i => (i === 1 ? null : 'k'))).toEqual([true, false, true, true])
  for (const [topic, count] of [
    ['by-default', 200],
    ['bounded', 3],
    ['keyed', 3]
  ] as const) {
    expect((await kafka.admin.fetchTopicOffsets(topic))[0]?.high, topic).toBe(String(count))
  }
})

test('a topic that is deleted stops no writing to another one', async () => {
  for (const topic of ['stays', 'goes']) await kafka.createTopic(topic, 1)
  const writer = openRecordWriter(kafka.kafka)
  onTestFinished(() => writer.close())
  const record = { key: null, value: Buffer.from('a'), headers: {} }
  for (const topic of ['stays', 'goes']) await writer.write(topic, record)
  await kafka.admin.deleteTopics({ topics: ['goes'] })
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  vi.setSystemTime(Date.now() + 10 * 60_000) // kafkajs asks for its topics again after five minutes
  await expect(writer.write('stays', record)).resolves.toBeUndefined()
}, 20_000)

test('a deleted topic is named and stops no other one; when it is back it is read from its beginning', async () => {
  for (const topic of ['first', 'second']) await kafka.createTopic(topic, 1)
  const dataPlane = await start({
    ...nothing,
    kafkaSources: [kafkaSource('first', { topics: ['first', 'second'], initialOffset: 'latest' })]
  })
  await ready(dataPlane)
  await kafka.admin.deleteTopics({ topics: ['second'] })
  await produce('first', ['a'])
  await received('first', 1)
  await until('the name', 20_000, async () => dataPlane.status().sources[0]?.message === 'topic second does not exist')
  await produce('first', ['b'])
  await received('first', 2)
  expect(dataPlane.status().sources[0]).toMatchObject({ ready: false, state: 'consuming', reason: 'InitializeOffset' })

  await kafka.createTopic('second', 1)
  await produce('second', ['c'])
  await received('first', 3)
  await ready(dataPlane)
  expect(bodies('first')).toEqual(['a', 'b', 'c'])
}, 60_000)

/** As kafkajs makes it of a broker's answer. */
function protocolError(type: string, code: number): Error {
  return new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code, retriable: true }))
}

const ok = (name: string) => `${http?.url}/ok/${name}`

const kafkaSource = (topic: string, changes: Partial<KafkaSource>) => kafkaSourceTo(ok(topic), topic, changes)

const trigger = (name: string, changes: Partial<Trigger>) => triggerTo(ok(name), name, changes)

async function start(plan: DataPlanePlan): Promise<DataPlane> {
  const dataPlane = await runDataPlane(plan, { bootstrap: kafka.bootstrap })
  onTestFinished(() => dataPlane.stop(1000))
  return dataPlane
}

async function ready(dataPlane: DataPlane): Promise<void> {
  await until('ready', 20_000, async () => dataPlane.status().ready)
}

async function produce(topic: string, values: readonly string[], partition = 0): Promise<void> {
  const producer = kafka.kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map(value => ({ partition, value })) })
  await producer.disconnect()
}

function requests(name: string): Received[] {
  return subscriber.received.filter(({ path }) => path === `/ok/${name}`)
}

function bodies(name: string): string[] {
  return requests(name).map(({ body }) => String(body))
}

async function received(name: string, count: number): Promise<void> {
  await until(`${count} requests for ${name}`, 20_000, async () => requests(name).length >= count)
}

function header(request: Received | undefined, name: string): string | undefined {
  return request?.headers.find(([key]) => key === name)?.[1]
}

async function post(dataPlane: DataPlane, attributes: Record<string, string>): Promise<number> {
  const response = await fetch(`${dataPlane.ingressUrl}/test/default`, {
    method: 'POST',
    headers: { 'ce-specversion': '1.0', 'ce-source': '/test', ...attributes }
  })
  return response.status
}

async function membersOf(group: string): Promise<number> {
  const { groups } = await kafka.admin.describeGroups([group])
  return groups[0]?.members.length ?? 0
}
