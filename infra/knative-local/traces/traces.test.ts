import { context, SpanKind, SpanStatusCode, trace as traceApi } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { startCollector } from './collector.ts'
import { createForwarder, forwardingOf } from './forwarder.ts'
import { openTraces, traceFileIn } from './read-traces.ts'
import type { Span } from './span.ts'
import { openTraceStore, traceLimits } from './trace-store.ts'
import { drawWaterfall } from './waterfall.ts'

const log = pino({ enabled: false })
const traceId = '0af7651916cd43dd8448eb211c80319c'

test('spans of an OpenTelemetry exporter are stored and read with their parents, attributes, links and failures', async () => {
  const folder = stateFolder()
  const collector = await collect(folder)
  const { tracer, flush } = exporterTo(collector.port)
  const parent = traceApi.setSpanContext(context.active(), { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 })
  const first = tracer.startSpan('POST /', { kind: SpanKind.SERVER, startTime: 1_795_000_000_000.25 }, parent)
  const second = tracer.startSpan(
    'process orders',
    {
      attributes: {
        'cloudevents.event_id': 'event-1',
        'cloudevents.event_subject': 'order-7',
        n: -3,
        half: 0.5,
        zero: 0,
        no: false,
        empty: '',
        yes: true
      },
      links: [{ context: { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), traceFlags: 1 } }],
      startTime: 1_795_000_000_001
    },
    traceApi.setSpan(parent, first)
  )
  second.setStatus({ code: SpanStatusCode.ERROR, message: 'no such order' })
  second.end(1_795_000_000_003.5)
  first.end(1_795_000_000_010.5)
  await flush()

  const traces = read(folder)
  expect(traces.trace(traceId)).toMatchObject({
    spans: [
      {
        name: 'POST /',
        service: 'create-order',
        kind: 'server',
        parentId: 'b7ad6b7169203331',
        startMs: 1_795_000_000_000.25,
        durationMs: 10.25,
        failed: false
      },
      {
        name: 'process orders',
        kind: 'internal',
        parentId: first.spanContext().spanId,
        failed: true,
        reason: 'no such order',
        attributes: { 'cloudevents.event_id': 'event-1', n: -3, half: 0.5, zero: 0, no: false, empty: '', yes: true },
        links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) }]
      }
    ]
  })
  const summary = { traceId, name: 'POST /', service: 'create-order', spans: 2, failed: 1, durationMs: 10.25 }
  expect(traces.find('event-1')).toMatchObject([summary])
  expect(traces.find('order-7')).toMatchObject([summary])
  expect(traces.recent({ failedOnly: true })).toMatchObject([summary])
  expect(traces.find('event-2')).toEqual([])
  expect(statSync(traceFileIn(folder)).mode & 0o077).toBe(0)
})

test('what is no request of the protocol is refused, and the next one is taken', async () => {
  const folder = stateFolder()
  const { port } = await collect(folder)
  const post = (body: string, headers = {}) =>
    fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', body, headers })
  expect((await post('no protobuf')).status).toBe(400)
  expect((await post('no gzip', { 'content-encoding': 'gzip' })).status).toBe(400)
  expect((await post('', { origin: 'https://example.com' })).status).toBe(403)
  expect((await post('')).status).toBe(200)
})

test('the oldest spans go when there are too many, when they are too old, and when the file is too large', () => {
  const folder = stateFolder()
  let now = 1_000_000
  const store = openTraceStore(traceFileIn(folder), { ...traceLimits, maxSpans: 10, maxAgeMs: 5_000 }, () => now)
  onTestFinished(() => store.close())
  store.add(spansNamed('first', 8))
  now += 4_000
  store.add(spansNamed('second', 8))
  store.prune()
  expect(kept(folder)).toEqual({ first: 2, second: 8 })
  now += 2_000
  store.prune()
  expect(kept(folder)).toEqual({ second: 8 })

  const small = openTraceStore(traceFileIn(folder), { ...traceLimits, maxBytes: 100_000 }, () => now)
  onTestFinished(() => small.close())
  small.add(spansNamed('large', 400, 'x'.repeat(1_000)))
  for (let round = 0; round < 40; round++) small.prune()
  expect(kept(folder)).toMatchObject({ large: expect.toSatisfy((count: number) => count > 20 && count < 100) })
})

test('spans go to another collector as well, and one that is dead costs nothing but itself', async () => {
  const received: Buffer[] = []
  const elsewhere = createServer(async (request, response) => {
    received.push(Buffer.concat(await request.toArray()))
    response.writeHead(request.headers.authorization === 'Basic x' ? 200 : 401).end()
  })
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void elsewhere.close())
  const address = elsewhere.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1/traces`

  const forwarder = createForwarder(url, { authorization: 'Basic x' }, log)
  forwarder.send(Buffer.from('spans'), undefined)
  await forwarder.close()
  expect(received.map(String)).toEqual(['spans'])
  expect(forwarder.counts()).toEqual({ requests: 1, dropped: 0 })

  const dead = createForwarder('http://127.0.0.1:1/v1/traces', {}, log)
  for (let i = 0; i < 100; i++) dead.send(Buffer.from('spans'), undefined)
  await dead.close()
  await expect.poll(() => dead.counts()).toEqual({ requests: 0, dropped: 100 })
})

test('where spans go as well is said by the variables of the standard', () => {
  expect(forwardingOf({})).toBeUndefined()
  expect(forwardingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' })?.url).toBe(
    'http://127.0.0.1:4318/v1/traces'
  )
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:2/here',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a=,x=1'
  }
  expect(forwardingOf(env)).toEqual({ url: 'http://127.0.0.1:2/here', headers: { authorization: 'Basic a=', x: '1' } })
  expect(forwardingOf({ ...env, OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
})

test('the waterfall has children below their parents, bars in time, and cuts idle time out', () => {
  const at = 1_795_000_000_000
  const spans: Span[] = [
    span({ spanId: 'a', name: 'POST /', service: 'create-order', startMs: at, durationMs: 10 }),
    span({ spanId: 'd', parentId: 'b', name: 'deliver', startMs: at + 60_000, durationMs: 10, failed: true }),
    span({ spanId: 'b', parentId: 'a', name: 'send\u001b[2J', startMs: at + 5, durationMs: 5 })
  ]
  const lines = drawWaterfall({ traceId, spans }, { width: 100, colour: false })
  expect(lines.slice(2).map(line => line.trimEnd())).toEqual([
    '   +0.0 ms  create-order  POST /           ━━━━━━━━━━━━━━━━━━━━                               10 ms',
    '   +5.0 ms  dataplane       send\\u001b[2J            ━━━━━━━━━━                              5.0 ms',
    '  +1.0 min  dataplane         deliver                              ━━━━━━━━━━━━━━━━━━━━━      10 ms'
  ])
})

/** A folder with traces/, gone with the test. */
function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'traces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  process.umask(0o077)
  mkdirSync(dirname(traceFileIn(folder)))
  return folder
}

async function collect(folder: string) {
  const collector = await startCollector(0, openTraceStore(traceFileIn(folder)), undefined, log)
  onTestFinished(() => collector.close())
  return collector
}

function read(folder: string) {
  const traces = openTraces(folder)
  if (!traces) throw new Error(`nothing is stored: ${existsSync(traceFileIn(folder))}`)
  onTestFinished(() => traces.close())
  return traces
}

function exporterTo(port: number) {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'create-order' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })]
  })
  onTestFinished(() => provider.shutdown())
  return { tracer: provider.getTracer('test'), flush: () => provider.forceFlush() }
}

let spans = 0
function span(facts: Partial<Span>): Span {
  const spanId = String(++spans).padStart(16, '0')
  return {
    traceId,
    spanId,
    service: 'dataplane',
    name: 'a span',
    kind: 'internal',
    startMs: Date.now(),
    durationMs: 1,
    failed: false,
    attributes: {},
    links: [],
    ...facts
  }
}

function spansNamed(name: string, count: number, payload = ''): Span[] {
  return Array.from({ length: count }, () => span({ name, attributes: { payload } }))
}

function kept(folder: string): Record<string, number> {
  const names =
    read(folder)
      .trace(traceId)
      ?.spans.map(({ name }) => name) ?? []
  return Object.fromEntries([...Map.groupBy(names, name => name)].map(([name, all]) => [name, all.length]))
}
