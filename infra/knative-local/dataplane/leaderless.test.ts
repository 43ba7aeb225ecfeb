// A partition whose only replica is on a broker that is down: the others are read and written as ever, and it is read again when it is back.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { KafkaSource } from '../manifests/plan.ts'
import { until } from '../until.ts'
import { startTestKafka, type TestKafka } from '../testing/kafka.ts'
import { runDataPlane } from '../testing/run-data-plane.ts'
import { serveSubscriber, Subscriber } from './conformance/subscriber.ts'
import type { DataPlanePlan } from './data-plane.ts'

const origin = { file: 'test', line: 1 }
const subscriber = new Subscriber()
let kafka: TestKafka
let http: Awaited<ReturnType<typeof serveSubscriber>> | undefined

beforeAll(async () => {
  kafka = await startTestKafka(3)
  http = await serveSubscriber(subscriber)
}, 120_000)

afterAll(async () => {
  await http?.close()
  await kafka?.stop()
}, 30_000)

test('it is named, and holds up no other one: of its source, of a source that starts meanwhile, of an ingress', async () => {
  const [, , lost] = kafka.brokers
  await kafka.admin.createTopics({ topics: [{ topic: 'lone', replicaAssignment: [{ partition: 0, replicas: [3] }] }] })
  await kafka.createTopic('beside', 2)
  const ingress = (topic: string) => ({
    namespace: 'test',
    name: topic,
    bootstrapServers: [],
    topic,
    contentMode: 'binary' as const,
    origin
  })
  const plan: DataPlanePlan = {
    kafkaSources: [source('running', 'earliest')],
    kafkaSinks: [ingress('lone'), ingress('beside')],
    brokers: [],
    triggers: []
  }
  const dataPlane = await runDataPlane(plan, { bootstrap: kafka.bootstrap })
  onTestFinished(() => dataPlane.stop(1000))
  const statusOf = (name: string) => dataPlane.status().sources.find(one => one.name === name)
  // A partition that the broker only led may be named before it, until it has another leader.
  const isNamed = (name: string, offset: number) => {
    const message = `lone/0@${offset} cannot be read, trying again: it has no leader`
    return until(`${name} to name it`, 30_000, async () => statusOf(name)?.message === message)
  }
  let posts = 0
  const post = async (topic: string): Promise<number> => {
    const id = `${topic}-${++posts}`
    const headers = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/test', 'ce-type': topic }
    return (await fetch(`${dataPlane.sinkUrl}/test/${topic}`, { method: 'POST', headers })).status
  }
  await until('ready', 30_000, async () => dataPlane.status().ready)
  expect([await post('lone'), await post('beside')]).toEqual([202, 202])
  await received('running', ['lone-1', 'beside-2'])

  await lost?.stop()
  await isNamed('running', 1)
  expect(statusOf('running')).toMatchObject({ ready: false, state: 'consuming', reason: 'PartitionUnreadable' })
  expect(await post('beside')).toBe(202)
  await received('running', ['beside-3'])

  await dataPlane.apply({
    ...plan,
    kafkaSources: [...plan.kafkaSources, source('earliest', 'earliest'), source('latest', 'latest')]
  })
  await until('the new ones to consume', 30_000, async () =>
    ['earliest', 'latest'].every(name => statusOf(name)?.state === 'consuming')
  )
  await received('earliest', ['beside-2', 'beside-3'])
  expect(await post('beside')).toBe(202)
  for (const name of ['running', 'earliest', 'latest']) await received(name, ['beside-4'])
  await isNamed('earliest', 0)

  await lost?.start()
  await lost?.answers()
  await until('ready again', 30_000, async () => dataPlane.status().ready)
  await until('the way in to be open', 30_000, async () => (await post('lone')) === 202)
  for (const name of ['running', 'earliest', 'latest']) await received(name, [`lone-${posts}`])
  // What was there before a source is read by the one that begins at the beginning.
  await received('earliest', ['lone-1'])
  expect(idsOf('latest')).not.toContain('lone-1')
}, 150_000)

/** Of the events that were delivered; a write that fails may be made twice. */
function idsOf(name: string): (string | undefined)[] {
  return subscriber.received
    .filter(({ path }) => path === `/ok/${name}`)
    .map(({ headers }) => headers.find(([key]) => key === 'ce-id')?.[1])
}

async function received(name: string, ids: readonly string[]): Promise<void> {
  await until(`${ids.join(' and ')} at ${name}`, 30_000, async () => ids.every(id => idsOf(name).includes(id)))
}

function source(name: string, initialOffset: KafkaSource['initialOffset']): KafkaSource {
  return {
    namespace: 'test',
    name,
    bootstrapServers: [],
    topics: ['lone', 'beside'],
    consumers: 1,
    consumerGroup: name,
    initialOffset,
    ordering: 'ordered',
    keyType: 'string',
    delivery: { retry: 0, backoffPolicy: 'linear', backoffDelayMs: 100, timeoutMs: 5000 },
    sink: { uri: `${http?.url}/ok/${name}` },
    extensions: {},
    origin
  }
}
