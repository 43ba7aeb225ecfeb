// The recordings against the whole data plane: real brokers, real groups, real HTTP.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../until.ts'
import type { DataPlane, DataPlanePlan } from '../data-plane.ts'
import { startTestKafka, type TestKafka } from '../../testing/kafka.ts'
import { runDataPlane } from '../../testing/run-data-plane.ts'
import { compareRequests, type Places } from './compare.ts'
import { brokerOf, kafkaSourceOf, triggerOf } from './egress-of.ts'
import { bytes, receiver, scenarios, statusSweep, type Exchange, type Scenario } from './recordings.ts'
import { sameRecord } from './same-record.ts'
import { send } from './send.ts'
import { serveSubscriber, Subscriber } from './subscriber.ts'
import { sweepScenario } from './sweep-scenario.ts'

const origin = { file: 'recording', line: 1 }
/** Test files run beside each other, and all recordings at once. The run without Kafka is exact. */
const LATE_MS = 5000

const subscriber = new Subscriber()
const sweep = statusSweep.statuses.map(({ status }) => sweepScenario(status))
const all = [...scenarios, ...sweep]
const triggers = all.filter(({ egress }) => egress.kind === 'Trigger')
let http: Awaited<ReturnType<typeof serveSubscriber>> | undefined
let kafka: TestKafka
let dataPlane: DataPlane
let places: Places

beforeAll(async () => {
  kafka = await startTestKafka(1)
  http = await serveSubscriber(subscriber)
  // Nothing listens on port 9 (discard) of a loopback address of its own.
  places = { subscriber: http.url, nobody: 'http://127.0.0.9:9' }
  for (const topic of new Set(all.map(({ egress }) => egress.topic))) await kafka.createTopic(topic, 1)
  for (const { topic } of receiver.ingresses) await kafka.createTopic(topic, 1)
  const plan: DataPlanePlan = {
    kafkaSources: all.filter(({ egress }) => egress.kind === 'KafkaSource').map(one => kafkaSourceOf(one, places)),
    triggers: triggers.map(one => triggerOf(one, places)),
    brokers: triggers.map(one => brokerOf(one, places)),
    kafkaSinks: receiver.ingresses.map(({ path, topic, contentMode }) => ({
      namespace: path.split('/')[1] ?? '',
      name: path.split('/')[2] ?? '',
      bootstrapServers: [],
      topic,
      contentMode,
      origin
    }))
  }
  dataPlane = await runDataPlane(plan, { bootstrap: kafka.bootstrap })
  await until('every source and trigger', 60_000, async () => dataPlane.status().ready)
  await produceRecords()
}, 180_000)

afterAll(async () => {
  await dataPlane?.stop(1000)
  await http?.close()
  await kafka?.stop()
}, 60_000)

describe('recorded deliveries', () => {
  test.each(scenarios.map(scenario => [scenario.about, scenario] as const))('%s', async (_about, scenario) => {
    expect(await untilCommitted(scenario)).toBe(scenario.committed)
    const paths = new Set(scenario.requests.map(({ path }) => path))
    compareRequests(
      scenario,
      subscriber.received.filter(({ path }) => paths.has(path)),
      places,
      LATE_MS
    )
  })
})

describe('recorded statuses', () => {
  test.each(statusSweep.statuses)(
    '$status: $attempts attempts, dead letter $dls',
    async ({ status, attempts, dls }) => {
      await untilCommitted(sweepScenario(status))
      const paths = subscriber.received.map(({ path }) => path)
      expect(paths.filter(path => path === `/status/${status}`)).toHaveLength(attempts)
      expect(paths.includes(`/ok/dls-${status}`)).toBe(dls)
    }
  )
})

test('nothing was sent anywhere else', async () => {
  for (const scenario of all) await untilCommitted(scenario)
  const known = new Set(scenarios.flatMap(({ requests }) => requests.map(({ path }) => path)))
  const others = subscriber.received.filter(({ path }) => !known.has(path) && !/^\/(status|ok\/dls-)\/?\d+$/.test(path))
  expect(others).toEqual([])
})

describe('recorded requests to the receiver', () => {
  const consumed = new Map<string, NonNullable<Exchange['record']>[]>()

  beforeAll(async () => {
    const consumer = kafka.kafka.consumer({ groupId: 'reads-what-was-written', maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: receiver.ingresses.map(({ topic }) => topic), fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ topic, message }) => {
        const records = consumed.get(topic) ?? []
        consumed.set(topic, [...records, readable(topic, message)])
      }
    })
    return () => consumer.disconnect()
  }, 30_000)

  test.each(receiver.exchanges)('$name', async exchange => {
    const port = Number(new URL(dataPlane.sinkUrl).port)
    const topic = receiver.ingresses.find(({ path }) => exchange.path.startsWith(path))?.topic ?? ''
    const before = consumed.get(topic)?.length ?? 0
    expect(await send(port, exchange)).toBe(exchange.status)
    if (exchange.status !== 202) return
    await until('the record', 10_000, async () => (consumed.get(topic)?.length ?? 0) > before)
    const written = consumed.get(topic)?.at(-1)
    if (exchange.record !== undefined && written !== undefined) sameRecord(written, exchange.record)
  })
})

interface ConsumedMessage {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, unknown>>
}

function readable(topic: string, { key, value, headers = {} }: ConsumedMessage): NonNullable<Exchange['record']> {
  return {
    topic,
    key: key === null ? null : key.toString(),
    value: value === null ? null : value.toString(),
    headers: Object.entries(headers).map(([name, text]) => [name, String(text)] as const)
  }
}

/** Everything a scenario does is over when its offset is committed. */
async function untilCommitted({ egress, committed, about }: Scenario): Promise<number> {
  let offset = 0
  await until(`the commit of: ${about}`, 25_000, async () => {
    offset = (await kafka.committed(`group-${egress.name}`, egress.topic)).get(0) ?? 0
    return offset >= committed
  })
  return offset
}

async function produceRecords(): Promise<void> {
  const producer = kafka.kafka.producer()
  await producer.connect()
  const byTopic = new Map(all.map(scenario => [scenario.egress.topic, scenario]))
  for (const [topic, { records }] of byTopic) {
    await producer.send({
      topic,
      messages: records.map(({ key, value, headers, timestampMs }) => ({
        partition: 0,
        timestamp: String(timestampMs),
        key: bytes(key),
        value: bytes(value),
        headers: Object.fromEntries(headers)
      }))
    })
  }
  await producer.disconnect()
}
