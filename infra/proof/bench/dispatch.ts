// `npm run bench -- dispatch`: how fast the data plane delivers, beside a bare kafkajs-and-undici loop in the same run.
//
// One broker, one subscriber that answers 204 at once, one dispatcher at a time, each its own process on this machine. 200-byte
// binary events; 4 and 12 partitions; ordered and unordered. First a backlog is delivered as fast as it goes (events/s), then a
// steady stream far below that: p50 and p99 in ms from the producer to a consumer beside it (the hop through Kafka), and to the
// subscriber (both hops).
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataPlaneEntry, startTestKafka, type TestKafka, until } from '../../knative-local/testing.ts'
import type { Measured } from './dispatch/subscriber.ts'

const BACKLOG = 40_000
const STREAM_PER_SECOND = 500
const STREAM_SECONDS = 5
const VALUE_BYTES = 200

type Ordering = 'ordered' | 'unordered'

interface Row {
  readonly dispatcher: 'bare loop' | 'data plane'
  readonly partitions: number
  readonly ordering: Ordering
  readonly 'events/s': number
  readonly 'Kafka p50': number
  readonly 'Kafka p99': number
  readonly 'both p50': number
  readonly 'both p99': number
  readonly 'RSS MiB': number
  readonly lost: number
  readonly duplicates: number
  readonly 'out of order': number
}

export async function dispatchBenchmark(): Promise<void> {
  const kafka = await startTestKafka(1)
  const subscriber = fork(join(import.meta.dirname, 'dispatch/subscriber.ts'))
  try {
    const [port] = (await once(subscriber, 'message')) as [number]
    const rows: Row[] = []
    for (const partitions of [4, 12]) {
      for (const ordering of ['ordered', 'unordered'] as const) {
        for (const dispatcher of ['bare loop', 'data plane'] as const) {
          rows.push(
            await measure({ kafka, subscriber, url: `http://127.0.0.1:${port}/`, partitions, ordering, dispatcher })
          )
        }
      }
    }
    process.stdout.write(
      `${BACKLOG} events of ${VALUE_BYTES} bytes, one broker, ${availableParallelism()} cores for all processes\n`
    )
    // oxlint-disable-next-line no-console -- a table for people
    console.table(rows)
  } finally {
    subscriber.disconnect()
    await kafka.stop()
  }
}

interface Run extends Pick<Row, 'dispatcher' | 'partitions' | 'ordering'> {
  readonly kafka: TestKafka
  readonly subscriber: ChildProcess
  readonly url: string
}

async function measure(run: Run): Promise<Row> {
  const { kafka, subscriber, dispatcher, partitions, ordering } = run
  const topic = `bench-${dispatcher.replace(' ', '-')}-${ordering}-${partitions}`
  await kafka.createTopic(topic, partitions)
  await produceBacklog(kafka, topic, partitions)
  await ask(subscriber, 'reset')

  const started = await startDispatcher(run, topic)
  try {
    const backlogged = await recordsIn(kafka, topic)
    const backlog = await deliveredAll(subscriber, backlogged)
    const rssMiB = Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(started.pid)])) / 1024)
    await ask(subscriber, 'reset')
    const kafkaHop = await consumeBeside(kafka, topic)
    await produceStream(kafka, topic, partitions)
    const streamed = (await recordsIn(kafka, topic)) - backlogged
    const stream = await deliveredAll(subscriber, streamed)
    const hopMs = await kafkaHop.stop()
    return {
      dispatcher,
      partitions,
      ordering,
      'events/s': Math.round(backlog.events / backlog.seconds),
      'Kafka p50': quantileMs(hopMs, 0.5),
      'Kafka p99': quantileMs(hopMs, 0.99),
      'both p50': quantileMs(stream.latenciesMs, 0.5),
      'both p99': quantileMs(stream.latenciesMs, 0.99),
      'RSS MiB': rssMiB,
      lost: backlogged - backlog.events + backlog.duplicates + streamed - stream.events + stream.duplicates,
      duplicates: backlog.duplicates + stream.duplicates,
      'out of order': backlog.outOfOrder + stream.outOfOrder
    }
  } finally {
    await started.stop()
  }
}

async function startDispatcher(
  { kafka, dispatcher, partitions, ordering, url }: Run,
  topic: string
): Promise<{ pid: number; stop(): Promise<void> }> {
  const bootstrap = kafka.bootstrap.join(',')
  const directory = await mkdtemp(join(tmpdir(), 'bench-'))
  const yaml = join(directory, 'source.yaml')
  await writeFile(yaml, kafkaSource(topic, ordering, url))
  const args =
    dispatcher === 'data plane'
      ? [dataPlaneEntry, '-f', yaml, '--bootstrap', bootstrap, ...freePorts]
      : [join(import.meta.dirname, 'dispatch/bare-loop.ts'), bootstrap, topic, String(partitions), ordering, url]
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL ?? 'error' }
  })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill(dispatcher === 'data plane' ? 'SIGTERM' : 'SIGKILL')
      await exited
      await rm(directory, { recursive: true })
    }
  }
}

const freePorts = ['--ingress-port', '0', '--sink-port', '0', '--status-port', '0']

function kafkaSource(topic: string, ordering: Ordering, url: string): string {
  return `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${topic}, namespace: bench }
spec:
  bootstrapServers: [127.0.0.1:9092]
  topics: [${topic}]
  consumerGroup: ${topic}
  initialOffset: earliest
  ordering: ${ordering}
  delivery:
    retry: 3
    backoffPolicy: exponential
    backoffDelay: PT0.3S
    timeout: PT10S
    deadLetterSink: { uri: ${url} }
  sink: { uri: ${url} }
`
}

async function produceBacklog(kafka: TestKafka, topic: string, partitions: number): Promise<void> {
  const producer = kafka.kafka.producer()
  await producer.connect()
  const batch = 2000
  for (let first = 0; first < BACKLOG; first += batch) {
    await producer.send({ topic, messages: Array.from({ length: batch }, (_, i) => message(first + i, partitions, 0)) })
  }
  await producer.disconnect()
}

/** Small sends spread over time. */
async function produceStream(kafka: TestKafka, topic: string, partitions: number): Promise<void> {
  const producer = kafka.kafka.producer()
  await producer.connect()
  const everyMs = 20
  const perTick = (STREAM_PER_SECOND * everyMs) / 1000
  let sent = 0
  const endsAtMs = performance.now() + STREAM_SECONDS * 1000
  while (performance.now() < endsAtMs) {
    const nowMs = performance.timeOrigin + performance.now()
    await producer.send({
      topic,
      messages: Array.from({ length: perTick }, (_, i) => message(sent + i, partitions, nowMs))
    })
    sent += perTick
    await sleep(everyMs)
  }
  await producer.disconnect()
}

/** What Kafka has, which may be more than was sent: a producer repeats a request that failed in part. */
async function recordsIn(kafka: TestKafka, topic: string): Promise<number> {
  const ends = await kafka.admin.fetchTopicOffsets(topic)
  return ends.reduce((sum, { high }) => sum + Number(high), 0)
}

function message(number: number, partitions: number, sentAtMs: number) {
  return {
    partition: number % partitions,
    key: `key-${number % 1000}`,
    value: Buffer.alloc(VALUE_BYTES, 'x'),
    headers: {
      ce_specversion: '1.0',
      ce_id: `event-${number}`,
      ce_source: '/bench',
      ce_type: 'com.example.bench',
      'content-type': 'application/octet-stream',
      ce_sentatms: String(sentAtMs)
    }
  }
}

async function deliveredAll(subscriber: ChildProcess, events: number): Promise<Measured> {
  await until(`${events} events`, 180_000, async () => (await ask<number>(subscriber, 'count')) >= events)
  // What comes now would be a duplicate.
  await sleep(300)
  return ask<Measured>(subscriber, 'measured')
}

async function ask<T>(subscriber: ChildProcess, question: 'measured' | 'reset' | 'count'): Promise<T> {
  const answer = once(subscriber, 'message')
  subscriber.send(question)
  const [value] = (await answer) as [T]
  return value
}

/** Milliseconds from the producer to a consumer that only looks. */
async function consumeBeside(kafka: TestKafka, topic: string): Promise<{ stop(): Promise<number[]> }> {
  const consumer = kafka.kafka.consumer({ groupId: `beside-${topic}`, maxWaitTimeInMs: 250 })
  const latenciesMs: number[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: false })
  const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({
    eachMessage: async ({ message: { headers = {} } }) => {
      const sentAtMs = Number(String(headers.ce_sentatms))
      if (sentAtMs > 0) latenciesMs.push(performance.timeOrigin + performance.now() - sentAtMs)
    }
  })
  await joined
  return {
    stop: async () => {
      await consumer.disconnect()
      return latenciesMs
    }
  }
}

function quantileMs(latenciesMs: readonly number[], quantile: number): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return Math.round((sorted[Math.floor(sorted.length * quantile)] ?? 0) * 10) / 10
}
