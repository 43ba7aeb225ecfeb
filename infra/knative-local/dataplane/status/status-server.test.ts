import { expect, onTestFinished, test } from 'vitest'
import { serveStatus } from './status-server.ts'

test('the status is given to GET, its headers to HEAD, and to nothing else', async () => {
  const status = { ready: true, ingressUrl: 'http://i', sinkUrl: 'http://s', sources: [], ingresses: [], problems: [] }
  const server = await serveStatus(0, () => status)
  onTestFinished(() => server.close())
  const url = `http://127.0.0.1:${server.port}`

  expect(await (await fetch(`${url}/status?now`)).json()).toEqual(status)
  const head = await fetch(`${url}/status`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect(head.headers.get('content-length')).toBe(String(JSON.stringify(status).length))
  const post = await fetch(`${url}/status`, { method: 'POST' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect((await fetch(`${url}/`, { method: 'HEAD' })).status).toBe(404)
})
