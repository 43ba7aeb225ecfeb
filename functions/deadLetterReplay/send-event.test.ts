import fc from 'fast-check'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { readEvent, type ReceivedEvent } from '../runtime/events/received-event.ts'
import { sendEvent } from './send-event.ts'

test('an event arrives as it was kept, whatever its attributes and its bytes are', async () => {
  let received: ReceivedEvent | undefined
  const server = createServer(async (request, response) => {
    received = readEvent(request.headers, await buffer(request))
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const text = fc
    .oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('100%', '%41', '%ff', '"quoted"', ' x ', 'a\nb', 'x'.repeat(5_000))
    )
    .filter(value => value.isWellFormed() && !value.includes('\0'))
  const named = text.filter(value => value !== '' && value.length <= 500)
  const attributes = fc.record({ id: named, source: named, type: named, subject: named, note: text })
  await fc.assert(
    fc.asyncProperty(attributes, fc.uint8Array(), async (kept, bytes) => {
      const event = { attributes: { specversion: '1.0', ...kept }, data: Buffer.from(bytes) }
      const sent = await sendEvent(url, event, 5_000, new AbortController().signal)
      expect(sent).toMatchObject({ outcome: 'done' })
      expect(received?.attributes).toEqual(event.attributes)
      expect(received?.data).toEqual(event.data)
    })
  )
})
