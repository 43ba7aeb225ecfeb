import { expect, test } from 'vitest'
import { eventually } from '../../infra/test/function-process.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { students } from '../students/tables.ts'
import { ada, createType, sendCommand, startFunctionOnce } from './testing/function.ts'

const start = startFunctionOnce()

test('the same command as an event, delivered twice, makes one student and answers 204 without a body', async () => {
  const { fn, db } = await start()
  for (const _ of [1, 2]) {
    const response = await sendCommand(fn, ada)
    expect([response.status, await response.text()]).toEqual([204, ''])
  }
  expect(await db.$count(students)).toBe(1)
})

test('a command event that cannot be done is answered 422 with its reason for the dead letter', async () => {
  const { fn } = await start()
  const wrong = await sendCommand(fn, { ...ada, email: 'none' })
  expect([wrong.status, wrong.headers.get('kne-reason'), wrong.headers.get('kne-class')]).toEqual([
    422,
    'invalid-event',
    'invalid'
  ])
  expect(wrong.headers.get('kne-detail')).toContain('email')
  expect(wrong.headers.get('kne-function')).toBe('createStudent')
  const stranger = await sendCommand(fn, ada, { 'ce-type': 'boson.fn' })
  expect([stranger.status, stranger.headers.get('kne-detail')]).toEqual([422, expect.stringContaining('boson.fn')])
})

test('a command is the same in binary and in structured mode, and however its id is escaped', async () => {
  const { fn, db } = await start()
  const id = '東京 100%'
  expect((await sendCommand(fn, ada, { 'ce-id': encodeURIComponent(id) })).status).toBe(204)
  const structured = await fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ specversion: '1.0', id, source: '/test', type: createType, data: ada })
  })
  expect(structured.status).toBe(204)
  expect(await db.$count(students)).toBe(1)
  const noText = await sendCommand(fn, ada, { 'ce-id': '%ff' })
  expect([noText.status, await noText.text()]).toEqual([400, expect.stringContaining('not as UTF-8')])
})

test('a command whose id became another’s on its way is refused in words, not taken for a repeat', async () => {
  const { fn, db } = await start()
  expect((await sendCommand(fn, ada, { 'ce-id': '??' })).status).toBe(204)
  const other = await sendCommand(fn, { ...ada, name: 'Grace Hopper' }, { 'ce-id': '??' })
  expect([other.status, other.headers.get('kne-reason')]).toEqual([422, 'event-id-reused'])
  expect(other.headers.get('kne-detail')).toContain('asks for something else')
  expect((await sendCommand(fn, ada, { 'ce-id': '??' })).status).toBe(204)
  expect(await db.$count(students)).toBe(1)
})

test('a source and an id are distinguished, wherever their spaces are', async () => {
  const { fn, db } = await start()
  for (const [source, id] of [
    ['/a b', 'c'],
    ['/a', 'b c'],
    ['/a\\sb', 'c']
  ] as const) {
    expect((await sendCommand(fn, ada, { 'ce-source': source, 'ce-id': id })).status).toBe(204)
  }
  expect(await db.$count(students)).toBe(3)
})

test('an event’s own traceparent comes before that of its delivery, which may be another event’s', async () => {
  const { fn, db } = await start()
  const ofDelivery = '00-11111111111111111111111111111111-2222222222222222-01'
  const own = '00-33333333333333333333333333333333-4444444444444444-01'
  await sendCommand(fn, ada, { traceparent: ofDelivery, 'ce-traceparent': own })
  await sendCommand(fn, ada, { 'ce-id': '2', traceparent: ofDelivery })
  await sendCommand(fn, ada, { 'ce-id': '3', traceparent: ofDelivery, 'ce-traceparent': 'none' })
  const traces = (await db.select().from(outbox).orderBy(outbox.id)).map(({ traceparent }) => traceparent.slice(3, 35))
  expect(traces).toEqual(['3'.repeat(32), '1'.repeat(32), '1'.repeat(32)])
  await eventually('the log line', async () =>
    fn.lines.some(line => line.includes('"delivered"') && line.includes(`"traceId":"${'3'.repeat(32)}"`))
  )
})

test('a command event whose time is over is refused permanently; one done before that is done', async () => {
  const { fn, db } = await start()
  const over = { 'ce-expirytime': '2020-01-01T00:00:00Z' }
  const late = await sendCommand(fn, ada, over)
  expect([late.status, late.headers.get('kne-reason')]).toEqual([422, 'expired'])
  expect(await db.$count(students)).toBe(0)
  expect((await sendCommand(fn, ada, { 'ce-expirytime': '2999-12-31T23:59:59+01:00' })).status).toBe(204)
  expect((await sendCommand(fn, ada, over)).status).toBe(204)
  expect(await db.$count(students)).toBe(1)
  const unclear = await sendCommand(fn, ada, { 'ce-expirytime': 'tomorrow' })
  expect([unclear.status, unclear.headers.get('kne-reason')]).toEqual([422, 'invalid-event'])
})

test('a CloudEvent that lacks an attribute is a 400 that names it', async () => {
  const { fn } = await start()
  const response = await sendCommand(fn, ada, { 'ce-source': '' })
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('source missing')])
})
