// The recordings against the data plane's own parts: no Kafka, no sockets, and the clock runs as fast as it can.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AssignedPartition } from '../egress/assigned-partition.ts'
import type { CloudEvent } from '../events/cloud-event.ts'
import type { Send } from '../delivery/deliver.ts'
import { dispatch } from '../delivery/dispatch.ts'
import type { Egress } from '../egress/egress.ts'
import { eventToRecord } from '../events/event-to-record.ts'
import { RecordFlow } from '../egress/record-flow.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import { compareRequests } from './compare.ts'
import { egressOf } from './egress-of.ts'
import { bytes, scenarios, statusSweep, type Scenario } from './recordings.ts'
import { Subscriber, type Answer } from './subscriber.ts'
import { sweepScenario } from './sweep-scenario.ts'

const places = { subscriber: 'http://127.0.0.1:39080', nobody: 'http://127.0.0.1:39999' }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('recorded deliveries', () => {
  test.each(scenarios.map(scenario => [scenario.about, scenario] as const))('%s', async (_about, scenario) => {
    const subscriber = new Subscriber()
    const { partition, replies } = await run(egressOf(scenario, places), recordsOf(scenario), subscriber)
    compareRequests(scenario, subscriber.received, places, 0)
    expect(partition.tracker.committable).toBe(scenario.committed)
    expect(replies.length).toBe(scenario.committed - scenario.records.length)
  })
})

describe('recorded statuses', () => {
  test.each(statusSweep.statuses)(
    '$status: $attempts attempts, dead letter $dls',
    async ({ status, attempts, dls }) => {
      const subscriber = new Subscriber()
      await run(egressOf(sweepScenario(status), places), recordsOf(sweepScenario(status)), subscriber)
      const paths = subscriber.received.map(({ path }) => path)
      expect(paths.filter(path => path === `/status/${status}`)).toHaveLength(attempts)
      expect(paths.includes(`/ok/dls-${status}`)).toBe(dls)
    }
  )
})

interface Run {
  readonly partition: AssignedPartition
  readonly replies: readonly CloudEvent[]
}

async function run(egress: Egress, records: readonly KafkaRecord[], subscriber: Subscriber): Promise<Run> {
  const replies: CloudEvent[] = []
  const topic = records[0]?.topic ?? ''
  const partition = new AssignedPartition({ topic, partition: 0 }, 0, { pause: () => {}, resume: () => {} })
  const sinks = {
    subscriber: egress.subscriber.uri ?? '',
    deadLetter: egress.delivery.deadLetterSink?.uri
  }
  const receive = (record: KafkaRecord): void => {
    partition.push(record)
    flow.start(partition)
  }
  const flow = new RecordFlow(egress.ordering, async record => {
    await dispatch(record, egress, sinks, {
      send: (url, request, timeoutMs) => partition.request(() => sendTo(subscriber)(url, request, timeoutMs)),
      wait: ms => flow.wait(ms, partition),
      failed: () => {},
      reply: async (replyTopic, event) => {
        replies.push(event)
        const { key, value, headers } = eventToRecord(event, 'binary')
        receive({
          topic: replyTopic,
          partition: 0,
          offset: partition.tracker.next,
          timestampMs: 0n,
          key: key === null ? null : Buffer.from(key),
          value,
          headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const)
        })
      }
    })
  })
  flow.add(partition)
  for (const record of records) receive(record)
  for (let steps = 0; partition.tracker.unfinished > 0 && steps < 1000; steps++) {
    await vi.advanceTimersToNextTimerAsync()
  }
  return { partition, replies }
}

/** What the HTTP client does, in the smallest way: a deadline, Latin-1 headers, a content-length when there is a body. */
function sendTo(subscriber: Subscriber): Send {
  return async (url, request, timeoutMs) => {
    if (url.startsWith(places.nobody)) throw new Error('connection refused')
    const headers: [string, string][] = []
    for (let i = 0; i + 1 < request.headers.length; i += 2) {
      headers.push([request.headers[i] ?? '', request.headers[i + 1] ?? ''])
    }
    if (request.body !== null) headers.push(['content-length', String(request.body.length)])
    const path = url.slice(places.subscriber.length)
    const deadline = Promise.withResolvers<Answer>()
    const over = Promise.withResolvers<void>()
    const timer = setTimeout(() => deadline.reject(new Error('no answer in time')), timeoutMs)
    const answer = await Promise.race([
      subscriber.answer({ method: 'POST', path, headers, body: request.body }, over.promise),
      deadline.promise
    ]).finally(() => {
      clearTimeout(timer)
      over.resolve()
    })
    return {
      status: answer.status,
      headers: Object.entries(answer.headers ?? {}).flat(),
      body: Buffer.from(answer.body ?? '')
    }
  }
}

function recordsOf({ egress, records }: Scenario): KafkaRecord[] {
  return records.map(({ key, value, headers, timestampMs }, offset) => ({
    topic: egress.topic,
    partition: 0,
    offset,
    timestampMs: BigInt(timestampMs),
    key: bytes(key),
    value: bytes(value),
    headers: headers.map(([name, text]) => [name, Buffer.from(text)] as const)
  }))
}
