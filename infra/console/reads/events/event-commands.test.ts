// A command line that was copied does in a shell what it says: the very event arrives.
import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../../knative-local/testing.ts'
import { curlOf } from './event-commands.ts'

test.each([
  ['quotes, variables and commands', Buffer.from(`{"name":"O'Brien $HOME \`id\` \\"x\\" !!"}`), 'application/json'],
  ['lines', Buffer.from('{\n  "a": 1\n}\n'), 'application/json'],
  ['what curl takes for a file', Buffer.from('@/etc/hostname'), 'text/plain'],
  ['bytes', Buffer.from([0, 255, 10, 39, 34, 128]), 'application/protobuf'],
  ['bytes that claim to be text', Buffer.from([0xff, 0xfe]), 'application/json'],
  ['nothing', Buffer.alloc(0), 'application/json']
])('curl sends %s as they are', async (_, data, datacontenttype) => {
  const { url, received } = await receiver()
  const extensions = new Map([
    ['sequence', '0000000001'],
    ['odd', `it's $(date) & "more"`]
  ])
  const event = {
    specversion: '1.0' as const,
    id: `a'b`,
    source: '/s?x=1&y=2',
    type: 't',
    datacontenttype,
    extensions,
    data
  }
  await promisify(execFile)('sh', ['-c', curlOf(event, url)])
  const [request] = received
  expect(request?.headers).toMatchObject({
    'ce-id': `a'b`,
    'ce-source': '/s?x=1&y=2',
    'ce-odd': `it's $(date) & "more"`,
    'content-type': datacontenttype
  })
  expect(request?.body).toEqual(data)
})

async function receiver() {
  const received: { headers: IncomingHttpHeaders; body: Buffer }[] = []
  const server = createServer((request, response) => {
    void buffer(request).then(body => {
      received.push({ headers: request.headers, body })
      return response.end()
    })
  })
  const port = await listenOnLoopback(server, 0)
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${port}/`, received }
}
