// The largest event that an ingress takes, on its whole way without Kafka: Broker, record, function, dead letter, KafkaSink, record,
// function. Nobody on the way may find it too large.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import {
  createHttpServer,
  maxHeaderBytes,
  type FunctionAnswer,
  type FunctionRequest
} from '../../functions/runtime/host/http-server.ts'
import {
  dispatch,
  type Outcome,
  type Sinks,
  type NewRecord,
  eventBudget,
  letterBudget,
  MAX_REQUEST_HEADER_BYTES,
  type HeaderBudget,
  createHttpSender,
  brokerIngress,
  listen,
  startActivator
} from '../knative-local/delivery.ts'
import type { KafkaRecord } from '../knative-local/events.ts'
import { freePort } from '../knative-local/testing.ts'

const attributes = { 'ce-specversion': '1.0', 'ce-id': 'an-id', 'ce-source': '/s', 'ce-type': 't' }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
/** With the ones above and `ce-a0: `, just below 8 KiB. */
const largest = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`ce-a${i}`, 'x'.repeat(115)]))

test('servers of functions and of the runtime have one limit', () => {
  expect(maxHeaderBytes).toBe(MAX_REQUEST_HEADER_BYTES)
})

test('the largest event reaches its function, and as a dead letter with all that its failure adds', async () => {
  const broker = await ingress(eventBudget)
  const sink = await ingress(letterBudget)
  const kne = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`kne-detail${i}`, 'y'.repeat(256)]))
  const fn = await functionBehindActivator('failing', () => ({
    status: 422,
    headers: kne,
    body: { detail: 'z'.repeat(3000) }
  }))

  const headers = {
    ...attributes,
    ...largest,
    traceparent,
    tracestate: Array.from({ length: 8 }, (_, i) => `k${i}=${'v'.repeat(200)}`).join(','),
    baggage: Array.from({ length: 8 }, (_, i) => `k${i}=${'v'.repeat(1000)}`).join(',')
  }
  expect((await fetch(broker.url, { method: 'POST', headers, body: '{}' })).status).toBe(202)
  const outcome = await deliver(broker.written[0], { subscriber: fn.url, deadLetter: sink.url })
  expect(outcome).toEqual({ end: 'dead-lettered', error: `${fn.url} answered 422` })
  expect(fn.received).toHaveLength(1)
  expect(fn.received[0]?.headers).toMatchObject({ 'ce-a63': 'x'.repeat(115), baggage: headers.baggage })

  const replayer = await functionBehindActivator('replayer', () => ({ status: 204 }))
  expect(await deliver(sink.written[0], { subscriber: replayer.url })).toEqual({ end: 'delivered' })
  expect(replayer.received[0]?.headers).toMatchObject({
    'ce-a0': 'x'.repeat(115),
    'ce-a63': 'x'.repeat(115),
    'ce-detail3': 'y'.repeat(256),
    'ce-knativeerrorcode': '422',
    'ce-knativeerrordata': expect.stringMatching(/^.{1368}$/)
  })
})

async function ingress(budget: HeaderBudget): Promise<{ url: string; written: NewRecord[] }> {
  const written: NewRecord[] = []
  const write = async (record: NewRecord) => void written.push(record)
  const ingresses = new Map([['/ns/name', { topic: 't', contentMode: 'binary' as const, budget, write }]])
  const server = await listen(0, brokerIngress, () => ingresses, pino({ enabled: false }))
  onTestFinished(() => server.close())
  return { url: `http://127.0.0.1:${server.port}/ns/name`, written }
}

async function functionBehindActivator(
  name: string,
  answer: () => FunctionAnswer
): Promise<{ url: string; received: FunctionRequest[] }> {
  const received: FunctionRequest[] = []
  const handle = async (request: FunctionRequest) => {
    received.push(request)
    return answer()
  }
  const { server, drain } = createHttpServer(name, handle, async () => true)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => drain(1000))
  const port = await freePort()
  const activator = await startActivator({
    port,
    clusterName: 'one.default',
    containerConcurrency: 0,
    timeoutMs: 10_000,
    wake: () => {}
  })
  onTestFinished(() => activator.stop(1000))
  await activator.setTarget((server.address() as AddressInfo).port)
  return { url: `http://127.0.0.1:${port}/`, received }
}

async function deliver(written: NewRecord | undefined, sinks: Sinks): Promise<Outcome> {
  if (written === undefined) throw new Error('nothing was written')
  const sender = createHttpSender()
  onTestFinished(() => sender.destroy())
  const record: KafkaRecord = {
    topic: 't',
    partition: 0,
    offset: 0,
    timestampMs: 0n,
    key: null,
    value: written.value,
    headers: Object.entries(written.headers).map(([name, value]) => [name, Buffer.from(value)] as const)
  }
  const delivery = { retry: 0, backoffPolicy: 'linear', backoffDelayMs: 1, timeoutMs: 5000 } as const
  return dispatch(record, { ...egress, delivery }, sinks, {
    send: sender.send,
    wait: async () => true,
    failed: () => {},
    reply: async () => {}
  })
}

const egress = {
  kind: 'KafkaSource',
  namespace: 'ns',
  name: 'name',
  place: { bootstrapServers: [] },
  topics: ['t'],
  group: 'g',
  ordering: 'ordered',
  initialOffset: 'earliest',
  readUncommitted: false,
  mapping: { plainRecords: { as: 'discarded' }, overrides: { function: 'aFunction' } },
  filter: () => true,
  subscriber: {}
} as const
