// A POST without a body and without a content-length, which is how a tombstone is delivered. undici always states a length
// (content-length: 0 means empty data, not none), so this rare request goes through node:http.
import { request, type Agent } from 'node:http'
import type { SinkResponse } from './deliver.ts'
import { ResponseBody } from './response-body.ts'

interface BodilessPost {
  readonly response: Promise<SinkResponse>
  abort(error: Error): void
}

export function postWithoutBody(target: URL, headers: readonly string[], agent: Agent): BodilessPost {
  const { promise, resolve, reject } = Promise.withResolvers<SinkResponse>()
  const post = request(target, { method: 'POST', agent })
  for (let i = 0; i + 1 < headers.length; i += 2) post.appendHeader(headers[i] ?? '', headers[i + 1] ?? '')
  post.removeHeader('content-length')
  post.removeHeader('transfer-encoding')
  post.on('error', reject)
  post.on('response', response => {
    const body = new ResponseBody()
    response.on('data', (chunk: Buffer) => body.add(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const received = response.rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))
      const { bytes, truncated } = body
      resolve({ status: response.statusCode ?? 0, headers: received, body: bytes, truncated })
    })
  })
  post.end()
  return { response: promise, abort: error => void post.destroy(error) }
}
