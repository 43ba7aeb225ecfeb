// Members come, go and die while records flow, on three brokers: nothing is lost, and the first deliveries of every key keep their
// order. Each member is a process.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { startDataPlane, type DataPlaneProcess } from '../testing/data-plane-process.ts'
import { startTestKafka, type TestKafka } from '../testing/kafka.ts'
import { headers, KEYS, startStream } from './testing/stream.ts'
import { listen } from './testing/deliveries.ts'

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
  const stream = startStream(kafka, topic)
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
  await caughtUp(topic) // or what the killed member has left uncommitted might come again only after it is counted
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
  const grown = startStream(kafka, topic, stream.sent())
  onTestFinished(() => grown.stop())
  await deliveries.more(200)
  await grown.stop()
  await deliveries.all(grown.sent())

  expect(deliveries.firstOutOfOrder()).toBeUndefined()
  expect(deliveries.duplicates()).toHaveLength(repeatedByTheKill)
}, 150_000)

test('a handler slower than the session keeps its place in the group, and other partitions flow', async () => {
  const deliveries = await listen({ heldKey: 'slow' })
  const topic = 'slow-handler'
  await kafka.createTopic(topic, 4)
  const member = await join(topic, deliveries.url)
  await partitionsAre([[member, 4]])
  const membership = await memberIds(topic)

  await producer.send({ topic, messages: [{ key: 'slow', value: '0', headers: headers('slow', 0) }] })
  await until('the slow delivery', 10_000, async () => deliveries.count('slow') === 1)
  const deliveredAt = performance.now()
  const stream = startStream(kafka, topic)
  onTestFinished(() => stream.stop())
  await deliveries.more(300)

  // One more member: the slow partition stays where it is, and its record is not delivered again.
  const other = await join(topic, deliveries.url)
  await partitionsAre([
    [member, 2],
    [other, 2]
  ])
  await sleep(Math.max(0, SESSION_TIMEOUT_MS + 3000 - (performance.now() - deliveredAt)))
  deliveries.letGo()
  await stream.stop()
  await deliveries.all(stream.sent())
  expect(deliveries.count('slow')).toBe(1)
  expect(await memberIds(topic)).toEqual(expect.arrayContaining(membership))
  await until('the commit of everything', 30_000, async () => {
    const committed = [...(await kafka.committed(topic, topic)).values()]
    return committed.reduce((sum, offset) => sum + offset, 0) === stream.sent() * KEYS.length + 1
  })
}, 120_000)

test('a clean stop lets the request under way finish and commits it', async () => {
  const deliveries = await listen({ heldKey: 'slow' })
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
  const stopped = member.stop()
  await sleep(1000) // of the request, once the signal is sent
  deliveries.letGo()
  expect((await stopped).code).toBe(0)
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
  const stream = startStream(kafka, topic)
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

/** All that is in the topic now is delivered and committed: nothing of it comes again. */
async function caughtUp(topic: string): Promise<void> {
  const ends = await kafka.admin.fetchTopicOffsets(topic)
  await until('the commits', 30_000, async () => {
    const committed = await kafka.committed(topic, topic)
    return ends.every(({ partition, high }) => (committed.get(partition) ?? 0) >= Number(high))
  })
}

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
    timeout: PT120S
    deadLetterSink: { uri: ${url}dead-letters }
  sink: { uri: ${url} }
`
}
