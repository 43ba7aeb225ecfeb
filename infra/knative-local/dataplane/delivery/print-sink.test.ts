import { expect, onTestFinished, test } from 'vitest'
import { openPrintSink, showDelivery } from './print-sink.ts'

test('an event is answered 204 and shown with its attributes and its data', async () => {
  const printed: string[] = []
  const sink = await openPrintSink(text => printed.push(text))
  onTestFinished(() => sink.close())
  const headers = { 'ce-id': '1', 'ce-type': 'made', 'content-type': 'application/json' }
  const { status } = await fetch(sink.url, { method: 'POST', headers, body: '{"a":1}' })
  expect(status).toBe(204)
  expect(printed).toEqual([
    'event\n  datacontenttype: application/json\n  id: 1\n  type: made\n  data:\n    {"a":1}\n  answered 204'
  ])
})

test('nothing of an event moves the cursor or hides what is there', () => {
  const shown = showDelivery(['ce-subject', 'a\u009b2Jb'], Buffer.from('{\r\n\t"a": "\u202e\u009b31m"\rb\x7f\n}'))
  expect(shown).toBe(
    'event\n  subject: a\\u009b2Jb\n  data:\n    {\n    \t"a": "\\u202e\\u009b31m"\\u000db\\u007f\n    }\n  answered 204'
  )
})

test('bytes that are no text are shown in hex, and long data is cut', () => {
  expect(showDelivery([], Buffer.from([0, 255]))).toBe('event\n  data:\n    00ff\n  answered 204')
  expect(showDelivery([], Buffer.alloc(5_000, 'a'))).toContain('… 5000 bytes')
  expect(showDelivery([], Buffer.alloc(0))).toContain('no data')
})
