import { ROOT_CONTEXT, SpanKind, trace as traceApi } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import pino from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { collectTraces } from '../../testing/collect-traces.ts'
import { DeliveryAbandoned } from '../delivery/deliver.ts'
import { dispatch } from '../delivery/dispatch.ts'
import { egressesOf } from '../egress/egress.ts'
import type { EventRequest } from '../events/event-to-request.ts'
import type { Observer } from '../observer.ts'
import type { KafkaRecord } from '../kafka/record.ts'
import { openObserver } from './open-observer.ts'
import { samplingFrom } from './sampler.ts'
import { startTracing } from './start-tracing.ts'
import { isTracingWanted } from './wanted.ts'

const log = pino({ enabled: false })
const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

test('each attempt has a span, whose context it carries, and so have the way into Kafka and the dead letter', async () => {
  const { observer, spans } = await observed()
  const sent: string[] = []
  const statuses = [503, 422, 202]
  const send = observer.attempts(record({ ce_traceparent: traceparent, traceparent }), 'shop', async (_, request) => {
    sent.push(header(request, 'traceparent'))
    return { status: statuses.shift() ?? 500, headers: [], body: Buffer.alloc(0) }
  })
  const outcome = await dispatch(record({ ce_traceparent: traceparent, traceparent }), egress(), sinks, ports(send))
  expect(outcome.end).toBe('dead-lettered')
  // A second group reads the same record.
  observer.attempts(record({ ce_traceparent: traceparent, traceparent }), 'other', send)

  const [way, ...attempts] = await spans()
  expect(way).toMatchObject({
    name: 'send orders',
    kind: 'producer',
    parentId: 'b7ad6b7169203331',
    startMs: Date.parse('2026-11-27T10:00:00.000Z'),
    durationMs: 40
  })
  const common = {
    'messaging.system': 'kafka',
    'messaging.destination.name': 'orders',
    'messaging.destination.partition.id': '2',
    'kafka.offset': 7,
    'messaging.consumer.group.name': 'shop',
    'cloudevents.event_id': 'event-1',
    'cloudevents.event_type': 'OrderPlaced',
    'cloudevents.event_subject': 'order-7'
  }
  expect(attempts).toMatchObject([
    { failed: true, attributes: { ...common, 'http.response.status_code': 503, 'url.full': sinks.subscriber } },
    { failed: true, attributes: { ...common, 'http.response.status_code': 422, 'http.request.resend_count': 1 } },
    { failed: false, attributes: { ...common, 'http.response.status_code': 202, 'url.full': sinks.deadLetter } }
  ])
  expect(attempts.every(({ name, parentId }) => name === 'deliver orders' && parentId === 'b7ad6b7169203331')).toBe(
    true
  )
  expect(sent).toEqual(attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`))
})

test('a record without a trace begins one, and what travels beside a traceparent stays', async () => {
  const { observer } = await observed()
  const requests: EventRequest[] = []
  const deliver = (headers: Record<string, string>) => {
    const one = record(headers)
    const send = observer.attempts(one, 'shop', async (_, request) => {
      requests.push(request)
      return { status: 204, headers: [], body: Buffer.alloc(0) }
    })
    return dispatch(one, egress(), sinks, ports(send))
  }
  await deliver({})
  await deliver({ traceparent, tracestate: 'a=1', baggage: 'b=2' })
  expect(header(requests[0], 'traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(header(requests[1], 'traceparent')).toMatch(new RegExp(`^00-${traceId}-`))
  expect(header(requests[1], 'tracestate')).toBe('a=1')
  expect(header(requests[1], 'baggage')).toBe('b=2')
})

test('a dead collector holds nothing up: what cannot be sent is dropped and counted', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://127.0.0.1:1/v1/traces')
  onTestFinished(() => void vi.unstubAllEnvs())
  const warnings: object[] = []
  const env = { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_BSP_MAX_QUEUE_SIZE: '600' }
  const tracing = startTracing('test', env, facts => void warnings.push(facts))
  for (let i = 0; i < 5_000; i++) tracing.tracer.startSpan('a span').end()
  expect(tracing.counts().dropped).toBeGreaterThan(3_000)
  const startedAt = performance.now()
  await tracing.close()
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  expect(tracing.counts().spans).toBe(0)
  expect(warnings).toHaveLength(1) // not one for each
})

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_SDK_DISABLED: 'true' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_TRACES_EXPORTER: 'none' }, false]
])('spans are wanted by %o: %s', (env, wanted) => {
  expect(isTracingWanted(env)).toBe(wanted)
})

const sampled = SamplingDecision.RECORD_AND_SAMPLED

test.each([
  ['', '', sampled],
  ['always_off', '', SamplingDecision.NOT_RECORD],
  ['parentbased_always_off', '', SamplingDecision.NOT_RECORD],
  ['traceidratio', '0', SamplingDecision.NOT_RECORD],
  ['parentbased_traceidratio', '1', sampled],
  ['parentbased_traceidratio', 'nonsense', sampled],
  ['nonsense', '', sampled]
])('OTEL_TRACES_SAMPLER=%s with %s', (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, decision) => {
  expect(decide(samplingFrom({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }))).toBe(decision)
})

test('parentbased_rate sends so many new traces a second, then a share, and goes by the parent where there is one', () => {
  let now = 0
  const sampling = samplingFrom({ OTEL_TRACES_SAMPLER: 'parentbased_rate', OTEL_TRACES_SAMPLER_ARG: '3,0' }, () => now)
  const three = [sampled, sampled, sampled, SamplingDecision.RECORD, SamplingDecision.RECORD]
  expect(Array.from({ length: 5 }, () => decide(sampling))).toEqual(three)
  now += 1_000
  expect(Array.from({ length: 5 }, () => decide(sampling))).toEqual(three)
  const under = (traceFlags: number) =>
    traceApi.setSpanContext(ROOT_CONTEXT, { traceId, spanId: 'b7ad6b7169203331', traceFlags, isRemote: true })
  expect(decide(sampling, under(1))).toBe(sampled)
  expect(decide(sampling, under(0))).toBe(SamplingDecision.RECORD)
})

test('of a trace that is not sent, what failed is, under the span that it was sent with', async () => {
  const { observer, spans } = await observed({ OTEL_TRACES_SAMPLER: 'parentbased_rate' })
  const unsent = traceparent.replace(/01$/, '00')
  const notSampled = { ce_traceparent: unsent, traceparent: unsent }
  const sent: string[] = []
  const statuses = [503, 422, 204]
  const send = observer.attempts(record(notSampled), 'shop', async (_, request) => {
    sent.push(header(request, 'traceparent'))
    return { status: statuses.shift() ?? 500, headers: [], body: Buffer.alloc(0) }
  })
  await dispatch(record(notSampled), egress(), sinks, ports(send))
  for (const text of sent) expect(text).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
  const failed = await spans()
  expect(failed).toMatchObject([
    { failed: true, parentId: 'b7ad6b7169203331', attributes: { 'http.response.status_code': 503 } },
    { failed: true, attributes: { 'http.response.status_code': 422, 'http.request.resend_count': 1 } }
  ])
  expect(failed.map(({ spanId }) => `00-${traceId}-${spanId}-00`)).toEqual(sent.slice(0, 2))
})

test('of a trace that is not sent, an attempt without an answer is a failure and one that was given up is none', async () => {
  const { observer, spans } = await observed({ OTEL_TRACES_SAMPLER: 'parentbased_rate' })
  const one = record({ traceparent: traceparent.replace(/01$/, '00') })
  const errors = [new Error('reset'), new DeliveryAbandoned()]
  const send = observer.attempts(one, 'shop', () => Promise.reject(errors.shift() as Error))
  await expect(dispatch(one, egress(), sinks, ports(send))).rejects.toThrow(DeliveryAbandoned)
  expect(await spans()).toMatchObject([{ failed: true, attributes: { 'url.full': sinks.subscriber } }])
})

function decide({ sampler }: ReturnType<typeof samplingFrom>, context = ROOT_CONTEXT) {
  return sampler.shouldSample(context, 'f'.repeat(32), 'a span', SpanKind.INTERNAL, {}, []).decision
}

const sinks = { subscriber: 'http://127.0.0.1:1/orders', deadLetter: 'http://127.0.0.1:1/letters' }

async function observed(env: Record<string, string> = {}) {
  const collector = await collectTraces()
  for (const [name, value] of Object.entries({ ...collector.env, ...env })) vi.stubEnv(name, value)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await collector.close()
  })
  const observer = (await openObserver(process.env, log)) as Observer
  return {
    observer,
    async spans() {
      await observer.close()
      return collector.spans(traceId)
    }
  }
}

function record(headers: Record<string, string>): KafkaRecord {
  const all = {
    ce_specversion: '1.0',
    ce_id: 'event-1',
    ce_source: '/shop',
    ce_type: 'OrderPlaced',
    ce_subject: 'order-7',
    ce_time: '2026-11-27T10:00:00.000Z',
    ...headers
  }
  return {
    topic: 'orders',
    partition: 2,
    offset: 7,
    timestampMs: BigInt(Date.parse('2026-11-27T10:00:00.040Z')),
    key: null,
    value: Buffer.from('{}'),
    headers: Object.entries(all).map(([name, value]) => [name, Buffer.from(value)])
  }
}

function egress() {
  const source = {
    namespace: 'shop',
    name: 'orders',
    bootstrapServers: ['127.0.0.1:1'],
    topics: ['orders'],
    consumerGroup: 'shop',
    ordering: 'ordered',
    initialOffset: 'earliest',
    extensions: {},
    keyType: 'string',
    delivery: { retry: 1, backoffPolicy: 'linear', backoffDelayMs: 1, timeoutMs: 1_000 },
    sink: { uri: sinks.subscriber }
  }
  const [only] = egressesOf({ kafkaSources: [source as never], triggers: [], brokers: [] })
  if (only === undefined) throw new Error('no egress')
  return only
}

const ports = (send: Parameters<typeof dispatch>[3]['send']) => ({
  send,
  wait: async () => true,
  failed: () => undefined,
  reply: async () => undefined
})

function header(request: EventRequest | undefined, name: string): string {
  const at = request?.headers.findIndex((text, index) => index % 2 === 0 && text === name) ?? -1
  return at < 0 ? '' : (request?.headers[at + 1] ?? '')
}
