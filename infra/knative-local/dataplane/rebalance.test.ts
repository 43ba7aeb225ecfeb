// Members come, go and die while records flow, on three brokers: nothing is lost, and the first deliveries of every key keep their
// order. Each member is a process.
import { createServer, type ServerResponse } from 'node:http'
import type { Producer } from 'kafkajs'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { openRecordWriter } from './kafka/record-writer.ts'
import { startDataPlane, type DataPlaneProcess } from '../testing/data-plane-process.ts'
import { startTestKafka, type TestKafka } from '../testing/kafka.ts'

const KEYS = Array.from({ length: 24 }, (_, i) => `order-${i}`)
const SESSION_TIMEOUT_MS = 10_000

let kafka: TestKafka
let producer: Producer
const members: DataPlaneProcess[] = []

beforeAll(async () => {
  kafka = await startTestKafka(3)
  producer = kafka.kafka.producer()
  await producer.connect()
}, 120_000)

afterEach(async () => {
  await Promise.all(members.splice(0).map(member => member.cleanUp()))
})

afterAll(async () => {
  await producer?.disconnect()
  await kafka?.stop()
}, 30_000)

test('members join, die, leave and find added partitions: nothing is lost, keys keep their order', async () => {
  const deliveries = await listen()
  const topic = 'orders'
  await kafka.createTopic(topic, 4)
  const stream = startStream(topic)
  onTestFinished(() => stream.stop())

  const first = await join(topic, deliveries.url)
  await partitionsAre([[first, 4]])

  const second = await join(topic, deliveries.url)
  await partitionsAre([
    [first, 2],
    [second, 2]
  ])
  await deliveries.more(200)
  // Nobody died so far: what moved was finished and committed before it moved.
  expect(deliveries.duplicates()).toEqual([])

  await second.kill()
  await partitionsAre([[first, 4]])
  const third = await join(topic, deliveries.url)
  await partitionsAre([
    [first, 2],
    [third, 2]
  ])
  const repeatedByTheKill = deliveries.duplicates().length
  // What the killed member had delivered and not committed: half a second of the stream at most, with room for a slow machine.
  expect(repeatedByTheKill).toBeLessThanOrEqual(1000)

  expect((await first.stop()).code).toBe(0)
  await partitionsAre([[third, 4]])
  await deliveries.more(100)
  expect(deliveries.duplicates()).toHaveLength(repeatedByTheKill)

  // A key's new partition may overtake its old one: records keep their order across growth only when the old ones are done.
  await stream.stop()
  await deliveries.all(stream.sent())
  await kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
  await partitionsAre([[third, 6]])
  const grown = startStream(topic, stream.sent())
  onTestFinished(() => grown.stop())
  await deliveries.more(200)
  await grown.stop()
  await deliveries.all(grown.sent())

  expect(deliveries.firstOutOfOrder()).toBeUndefined()
  expect(deliveries.duplicates()).toHaveLength(repeatedByTheKill)
}, 150_000)

test('a handler slower than the session keeps its place in the group, and other partitions flow', async () => {
  const deliveries = await listen({ slowKey: 'slow', slowMs: SESSION_TIMEOUT_MS + 3000 })
  const topic = 'slow-handler'
  await kafka.createTopic(topic, 4)
  const member = await join(topic, deliveries.url)
  await partitionsAre([[member, 4]])
  const membership = await memberIds(topic)

  await producer.send({ topic, messages: [{ key: 'slow', value: '0', headers: headers('slow', 0) }] })
  await until('the slow delivery', 10_000, async () => deliveries.count('slow') === 1)
  const stream = startStream(topic)
  onTestFinished(() => stream.stop())
  await deliveries.more(300)
  expect(deliveries.answered('slow')).toBe(0)

  // One more member: the slow partition stays where it is, and its record is not delivered again.
  const other = await join(topic, deliveries.url)
  await partitionsAre([
    [member, 2],
    [other, 2]
  ])
  await until('the slow answer', 30_000, async () => deliveries.answered('slow') === 1)
  await stream.stop()
  await deliveries.all(stream.sent())
  expect(deliveries.count('slow')).toBe(1)
  expect(await memberIds(topic)).toEqual(expect.arrayContaining(membership))
  await until('the commit of everything', 5000, async () => {
    const committed = [...(await kafka.committed(topic, topic)).values()]
    return committed.reduce((sum, offset) => sum + offset, 0) === stream.sent() * KEYS.length + 1
  })
}, 120_000)

test('a clean stop lets the request under way finish and commits it', async () => {
  const deliveries = await listen({ slowKey: 'slow', slowMs: 1500 })
  const topic = 'clean-stop'
  await kafka.createTopic(topic, 1)
  const member = await join(topic, deliveries.url)
  await producer.send({
    topic,
    messages: [
      { key: 'slow', value: '0', headers: headers('slow', 0) },
      { key: 'next', value: '0', headers: headers('next', 0) }
    ]
  })
  await until('the slow delivery', 10_000, async () => deliveries.count('slow') === 1)
  expect((await member.stop()).code).toBe(0)
  expect(deliveries.answered('slow')).toBe(1)
  expect((await kafka.committed(topic, topic)).get(0)).toBe(1)
  expect(deliveries.count('next')).toBe(0)
}, 60_000)

test('the broker that coordinates the group dies and comes back: nothing is lost and keys keep their order', async () => {
  const deliveries = await listen()
  const topic = 'broker-loss'
  await kafka.createTopic(topic, 6)
  const member = await join(topic, deliveries.url)
  await partitionsAre([[member, 6]])
  const stream = startStream(topic)
  onTestFinished(() => stream.stop())
  await deliveries.more(100)

  const coordinator = await coordinatorOf(topic)
  const broker = kafka.brokers.find(({ id }) => id === coordinator)
  expect(broker).toBeDefined()
  await broker?.kill()
  await deliveries.more(100)
  await broker?.start()
  await deliveries.more(100)
  await stream.stop()
  await deliveries.all(stream.sent())
  expect(deliveries.firstOutOfOrder()).toBeUndefined()
}, 120_000)

/** The leader of the partition of __consumer_offsets that the group's name hashes to, by Java's String.hashCode. */
async function coordinatorOf(group: string): Promise<number | undefined> {
  const { topics } = await kafka.admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] })
  const partitions = topics[0]?.partitions ?? []
  let hash = 0
  for (const character of group) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  return partitions.find(({ partitionId }) => partitionId === Math.abs(hash) % partitions.length)?.leader
}

async function join(topic: string, url: string): Promise<DataPlaneProcess> {
  const member = await startDataPlane(kafkaSource(topic, url), kafka.bootstrap)
  members.push(member)
  return member
}

async function partitionsAre(expected: readonly (readonly [DataPlaneProcess, number])[]): Promise<void> {
  let seen: unknown
  await until(`the shares ${expected.map(([, count]) => count).join(' and ')}`, 45_000, async () => {
    const statuses = await Promise.all(expected.map(([member]) => member.status()))
    seen = statuses.map(({ sources }) => sources[0]?.assignments.length)
    return statuses.every(({ ready, sources }, i) => ready && sources[0]?.assignments.length === expected[i]?.[1])
  }).catch((error: Error) => {
    throw new Error(`${error.message}, they are ${JSON.stringify(seen)}`, { cause: error })
  })
}

async function memberIds(group: string): Promise<string[]> {
  const { groups } = await kafka.admin.describeGroups([group])
  return groups.flatMap(({ members: described }) => described.map(({ memberId }) => memberId))
}

interface Stream {
  /** Numbers sent of each key. */
  sent(): number
  stop(): Promise<void>
}

/** Writes one record of every key again and again, numbered from `from`, by the writer of the ingress: what it says is written is. */
function startStream(topic: string, from = 0): Stream {
  const writer = openRecordWriter(kafka.kafka)
  let sent = from
  const stopping = new AbortController()
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all(
        KEYS.map(key => writer.write(topic, { key, value: Buffer.from(String(sent)), headers: headers(key, sent) }))
      )
      sent++
      await new Promise(resolve => setTimeout(resolve, 80))
    }
    await writer.close()
  })()
  return {
    sent: () => sent,
    stop: () => {
      stopping.abort()
      return sending
    }
  }
}

function headers(key: string, number: number): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: `${key}-${number}`,
    ce_source: '/test',
    ce_type: 'com.example.test',
    ce_order: key,
    ce_number: String(number)
  }
}

interface Delivery {
  readonly key: string
  readonly number: number
}

/** A subscriber that remembers. */
async function listen({ slowKey = '', slowMs = 0 } = {}) {
  const delivered: Delivery[] = []
  const answered: string[] = []
  const server = createServer((request, response) => {
    const key = String(request.headers['ce-order'])
    request.resume()
    request.on('end', () => {
      delivered.push({ key, number: Number(request.headers['ce-number']) })
      setTimeout(() => answer(key, response), key === slowKey ? slowMs : 0)
    })
  })
  function answer(key: string, response: ServerResponse): void {
    answered.push(key)
    response.writeHead(204).end()
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const ids = (): string[] => delivered.map(({ key, number }) => `${key}-${number}`)
  return {
    url: `http://127.0.0.1:${port}/`,
    count: (key: string) => delivered.filter(one => one.key === key).length,
    answered: (key: string) => answered.filter(one => one === key).length,
    duplicates: () => {
      const known = new Set<string>()
      return ids().filter(id => known.size === known.add(id).size)
    },
    more: async (count: number) => {
      const before = delivered.length
      await until(`${count} more deliveries`, 30_000, async () => delivered.length >= before + count)
    },
    all: async (sent: number) => {
      await until(`all ${sent} of each key`, 30_000, async () => {
        const known = new Set(ids())
        return KEYS.every(key =>
          Array.from({ length: sent }, (_, number) => known.has(`${key}-${number}`)).every(Boolean)
        )
      })
    },
    /** The first of the first deliveries that came before one with a lower number of its key. */
    firstOutOfOrder: (): Delivery | undefined => {
      const next = new Map<string, number>()
      for (const delivery of delivered) {
        const expected = next.get(delivery.key) ?? 0
        if (delivery.number > expected) return delivery
        if (delivery.number === expected) next.set(delivery.key, expected + 1)
      }
      return undefined
    }
  }
}

function kafkaSource(topic: string, url: string): string {
  return `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${topic}, namespace: test }
spec:
  bootstrapServers: [kafka.example.com:9092]
  topics: [${topic}]
  consumerGroup: ${topic}
  initialOffset: earliest
  ordering: ordered
  delivery:
    retry: 3
    backoffPolicy: linear
    backoffDelay: PT0.2S
    timeout: PT60S
    deadLetterSink: { uri: ${url}dead-letters }
  sink: { uri: ${url} }
`
}
