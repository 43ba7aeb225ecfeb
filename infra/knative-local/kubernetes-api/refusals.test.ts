import { request as httpRequest } from 'node:http'
import { describe, expect, test } from 'vitest'
import { labelSelector } from './selectors.ts'
import { serveForTest, sources } from './serve-for-test.ts'

describe('refusals', () => {
  test('an object that is not there is a NotFound', async () => {
    const { url } = await serveForTest()
    const response = await fetch(url + `${sources}/nope`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'kafkasources.sources.knative.dev "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', group: 'sources.knative.dev', kind: 'kafkasources' },
      code: 404
    })
  })

  test.for([
    '/apis/nothing.example.com/v1',
    '/apis/sources.knative.dev/v7/kafkasources',
    '/api/v1/namespaces/shop/kafkasources',
    '/nothing',
    '//',
    '///apis//',
    '//evil.example.com/apis'
  ])('%s is no resource', async path => {
    const { url } = await serveForTest()
    expect((await fetch(url + path)).status).toBe(404)
  })

  test.for(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s is not allowed, and the sentence names the file to edit',
    async method => {
      const { url } = await serveForTest()
      const response = await fetch(url + `${sources}/orders`, { method })
      expect(response.status).toBe(405)
      expect(await response.json()).toMatchObject({
        kind: 'Status',
        reason: 'MethodNotAllowed',
        message: expect.stringMatching(
          /^this API is read-only\. Edit .*all\.yaml: the change takes effect when the file is saved$/
        )
      })
    }
  )

  test.for(['fieldSelector=spec.topics=x', 'labelSelector=a b'])('the selector %s is a BadRequest', async query => {
    const { url } = await serveForTest()
    const response = await fetch(`${url}${sources}?${encodeURI(query)}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ kind: 'Status', reason: 'BadRequest' })
  })

  // In the square of their number, as it was (309 ms for 15,000), these would take minutes and end by the timeout.
  test.for([',', '(,', 'a,'])('a selector of 400,000 %j is read in time that grows with its size', part => {
    expect(() => labelSelector(part.repeat(400_000))).not.toThrow(TypeError)
  })

  test('a page in a browser gets nothing, under whatever name it reaches loopback', async () => {
    const { url } = await serveForTest()
    expect((await fetch(url + sources, { headers: { origin: 'http://example.com' } })).status).toBe(403)
    const { port } = new URL(url)
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port, path: sources, headers: { host: `evil.example.com:${port}` } },
        response => resolve(response.resume().statusCode)
      )
      request.once('error', reject).end()
    })
    expect(status).toBe(403)
  })
})
