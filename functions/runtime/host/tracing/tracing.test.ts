// A function's spans, as the bundle of its image sends them to a collector.
import * as conventions from '@opentelemetry/semantic-conventions/incubating'
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bundleOptions } from '../../../../infra/bundle.ts'
import { collectTraces } from '../../../../infra/knative-local/testing.ts'
import { testDatabase } from '../../../../infra/test/database.ts'
import { eventually, type FunctionProcess, startFunction } from '../../../../infra/test/function-process.ts'
import { studentEvent } from '../../../../infra/test/student-event.ts'
import type { ReceivedEvent } from '../../events/received-event.ts'
import { users } from '../../../students/tables.ts'
import { outbox } from '../../tables/publishing.ts'
import { names } from './attribute-names.ts'

const [traceA, traceB, traceC] = ['a', 'b', 'c'].map(digit => digit.repeat(32)) as [string, string, string]
const caller = 'b7ad6b7169203331'
const under = (traceId: string) => `00-${traceId}-${caller}-01`

test('a delivery is a span of its event’s trace, with its transaction, its statements and its outcome', async () => {
  const { fn, spansOf, collector } = await start('onAnyStudent')
  const [created, updated] = [
    studentEvent({ version: 1 }, { attributes: { traceparent: under(traceA), kafkatopic: 'student_create' } }),
    studentEvent({ version: 2 }, { attributes: { traceparent: under(traceB), kafkatopic: 'student_update' } })
  ]
  await deliver(fn, updated)
  // Knative's dispatcher sends several at once: the header is another event's.
  await deliver(fn, created, { traceparent: under(traceC) })

  const ofCreate = await spansOf(traceA, 'process student_create')
  const [process, transaction] = ofCreate
  expect(process).toMatchObject({
    name: 'process student_create',
    kind: 'server',
    service: 'onAnyStudent',
    parentId: caller,
    attributes: {
      'cloudevents.event_id': created.id,
      'cloudevents.event_subject': 'student-1',
      'messaging.destination.name': 'student_create',
      'http.response.status_code': 204,
      'delivery.outcome': 'applied'
    }
  })
  expect(transaction).toMatchObject({ name: 'transaction', parentId: process?.spanId })
  const statements = ofCreate.filter(({ parentId }) => parentId === transaction?.spanId)
  expect(statements.map(({ name }) => name)).toEqual([
    'pass_fence',
    'is_undisturbed',
    'insert timeline',
    'close_event',
    'commit'
  ])
  // What was held is applied in its own trace; both say who released whom.
  const ofUpdate = await spansOf(traceB, 'process student_update that was held')
  expect(ofUpdate[0]).toMatchObject({ name: 'process student_update', attributes: { 'delivery.outcome': 'held' } })
  const released = ofUpdate.find(({ name }) => name === 'process student_update that was held')
  expect(released).toMatchObject({ parentId: caller, attributes: { 'delivery.outcome': 'applied' } })
  const releasing = released?.links[0]
  expect(releasing?.traceId).toBe(traceA)
  expect(ofUpdate.some(({ name, parentId }) => name === 'insert timeline' && parentId === released?.spanId)).toBe(true)
  expect(collector.spans(traceC)).toEqual([])
  // Attributes are read by more people than the database is.
  expect(JSON.stringify([ofCreate, ofUpdate])).not.toContain('ada@example.com')
})

test('deliveries that share a transaction each have it in their own trace', async () => {
  const { fn, spansOf } = await start('onAnyStudent')
  const traces = Array.from({ length: 12 }, (_, at) => at.toString(16).padStart(32, 'a'))
  const events = traces.map((trace, at) =>
    studentEvent({ id: `student-${at}`, version: 1 }, { attributes: { traceparent: under(trace) } })
  )
  await Promise.all(events.map(event => deliver(fn, event)))
  const sharedBy: unknown[] = []
  for (const [at, trace] of traces.entries()) {
    const [process, transaction] = await spansOf(trace, 'transaction')
    expect(process).toMatchObject({ attributes: { 'cloudevents.event_subject': `student-${at}` } })
    expect(transaction).toMatchObject({ name: 'transaction', parentId: process?.spanId })
    sharedBy.push(transaction?.attributes['db.operation.batch.size'])
  }
  expect(sharedBy.filter(size => Number(size) > 1).length).toBeGreaterThan(1)
})

test('of a trace that is not sent, what failed is a span, under the id that it was known by', async () => {
  const sampling = { OTEL_TRACES_SAMPLER: 'parentbased_rate', OTEL_TRACES_SAMPLER_ARG: '1,0' }
  const { fn, collector, db } = await start('onStudentCreate', sampling)
  const unsent = (traceId: string) => under(traceId).replace(/01$/, '00')
  await db.insert(users).values({ id: 'user-2', name: 'Ada', email: 'ada@example.com' })
  const [good, bad] = [
    studentEvent({ id: 'student-1', userId: 'user-2', version: 1 }, { attributes: { traceparent: unsent(traceA) } }),
    studentEvent({ id: 'student-2', version: 1 }, { attributes: { traceparent: unsent(traceB) } })
  ]
  await deliver(fn, good)
  await deliver(fn, bad, {}, 422)
  const root = (one: { readonly parentId?: string }) => one.parentId === caller
  const spans = await eventually('the failed span', async () => {
    const found = collector.spans(traceB)
    return found.some(root) && found
  })
  const failedRoot = spans.find(root)
  expect(failedRoot?.attributes).toMatchObject({
    'delivery.reason': 'user-not-found',
    'http.request.method': 'POST',
    'cloudevents.event_subject': 'student-2'
  })
  expect(spans.filter(({ name }) => name === 'transaction')).toMatchObject([{ parentId: failedRoot?.spanId }])
  expect(spans.filter(({ failed }) => !failed)).toEqual([])
  expect(collector.spans(traceA)).toEqual([])
})

test('an event is under the span that wrote it, logs name their span, and an end sends what waits', async () => {
  const { fn, spansOf, db } = await start('createStudent', { OTEL_BSP_SCHEDULE_DELAY: '60000' })
  const ada = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }
  const response = await fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: under(traceA) },
    body: JSON.stringify(ada)
  })
  expect(response.status).toBe(201)
  fn.signal('SIGTERM')
  expect(await fn.exited).toBe(0)

  const spans = await spansOf(traceA, 'POST /')
  const [request] = spans
  expect(request).toMatchObject({ name: 'POST /', parentId: caller, attributes: { 'http.response.status_code': 201 } })
  const created = spans.find(({ name }) => name === 'create student_create')
  expect(created?.kind).toBe('producer')
  const [row] = await db.select({ id: outbox.id, traceparent: outbox.traceparent }).from(outbox)
  expect(row?.traceparent).toBe(`00-${traceA}-${created?.spanId}-01`)
  expect(created?.attributes['cloudevents.event_id']).toBe(row?.id)
  const line = fn.lines.find(one => one.includes('command done')) ?? '{}'
  expect(JSON.parse(line)).toMatchObject({ traceId: traceA, spanId: request?.spanId })
})

test('a dead collector holds neither requests nor the end of the process up', async () => {
  const { fn } = await start('createStudent', {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500'
  })
  expect((await fetch(`${fn.url}/unknown`)).status).toBe(404)
  await eventually('the warning', async () => fn.lines.some(line => line.includes('spans are lost')), 20_000)
  expect((await fetch(`${fn.url}/unknown`)).status).toBe(404)
  const startedAt = performance.now()
  fn.signal('SIGTERM')
  expect(await fn.exited).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('a bundle evaluates nothing of OpenTelemetry at its start', async () => {
  const { metafile } = await build({ ...bundleOptions('onStudentCreate', 'never-written.cjs'), write: false })
  const reached = (kinds: (kind: string) => boolean) => {
    const found = new Set<string>()
    const waiting = ['functions/onStudentCreate/index.ts']
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (found.has(next)) continue
      found.add(next)
      const imports = metafile.inputs[next]?.imports ?? []
      waiting.push(...imports.flatMap(({ path, kind }) => (kinds(kind) ? [path] : [])))
    }
    return [...found].filter(path => path.includes('@opentelemetry'))
  }
  expect(reached(kind => kind !== 'dynamic-import')).toEqual([])
  expect(reached(() => true)).not.toEqual([])
})

test('attributes are called as in OpenTelemetry', () => {
  const known = new Set<unknown>(Object.values(conventions))
  expect(Object.values(names).filter(name => !known.has(name))).toEqual([])
})

test.each(['wanted.ts', 'sampler.ts', 'start-tracing.ts'])('the data plane has the same %s', file => {
  // Neither room may import the other.
  const ofDataPlane = join(import.meta.dirname, '../../../../infra/knative-local/dataplane/tracing', file)
  expect(readFileSync(join(import.meta.dirname, file), 'utf8')).toBe(readFileSync(ofDataPlane, 'utf8'))
})

async function start(name: string, env: Record<string, string> = {}) {
  const [{ url, db }, collector] = await Promise.all([testDatabase(), collectTraces()])
  onTestFinished(() => collector.close())
  const topics = { STUDENT_CREATE_TOPIC: 'student_create' }
  const fn = await startFunction(name, { DATABASE_URL: url, ...topics, ...collector.env, ...env })
  /** Once the one that ends last is there. */
  const spansOf = (traceId: string, last: string) =>
    eventually(`the span ${last}`, async () => {
      const spans = collector.spans(traceId)
      return spans.some(({ name: found }) => found === last) && spans
    })
  return { fn, db, spansOf, collector }
}

async function deliver(
  fn: FunctionProcess,
  event: ReceivedEvent,
  headers: Record<string, string> = {},
  status = 204
): Promise<void> {
  const { datacontenttype, ...attributes } = event.attributes
  const response = await fetch(fn.url, {
    method: 'POST',
    headers: {
      'content-type': datacontenttype ?? '',
      ...Object.fromEntries(Object.entries(attributes).map(([attribute, value]) => [`ce-${attribute}`, value])),
      ...headers
    },
    body: new Uint8Array(event.data)
  })
  expect(response.status).toBe(status)
}
