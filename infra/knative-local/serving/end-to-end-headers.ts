// The headers of a message that go on to the other side, and those that are of one connection only.
// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
import type { IncomingMessage } from 'node:http'
import type { RequestBody } from './request-body.ts'
import type { RequestTarget } from './request-target.ts'

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** Name and value in turn, as they were written; a loop over them, because every request comes by here. */
export function endToEnd(rawHeaders: readonly string[], connection: string, replaced?: ReadonlySet<string>): string[] {
  const named = /^(?:keep-alive|close|)$/i.test(connection) ? [] : connection.toLowerCase().split(/[\s,]+/)
  const kept: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]]
    const lower = name.toLowerCase()
    if (!hopByHop.has(lower) && !named.includes(lower) && replaced?.has(lower) !== true) kept.push(name, value)
  }
  return kept
}

/** `expect` has been answered here: a body is sent to an instance when it is there. */
const replacedOfWhole = new Set(['expect', 'content-length'])
const replacedOfStream = new Set(['expect'])
/** Without a body they have no length either. https://www.rfc-editor.org/rfc/rfc9110#section-8.6 */
const withoutLength = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/** What an instance is sent before the body. Node's parser has let no character pass here that would end a line. */
export function requestHead(request: IncomingMessage, { path, host }: RequestTarget, body: RequestBody): string {
  const { method = '', rawHeaders, headers, socket } = request
  const isWhole = body === null || Buffer.isBuffer(body)
  const kept = endToEnd(rawHeaders, headers.connection ?? '', isWhole ? replacedOfWhole : replacedOfStream)
  if (host !== undefined) {
    const at = kept.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
    if (at < 0) kept.push('host', host)
    else kept[at + 1] = host
  }
  let head = `${method} ${path} HTTP/1.1\r\n`
  for (let index = 0; index < kept.length; index += 2) head += `${kept[index]}: ${kept[index + 1]}\r\n`
  if (Buffer.isBuffer(body)) head += `content-length: ${body.length}\r\n`
  else if (body === null) head += withoutLength.has(method) ? '' : 'content-length: 0\r\n'
  else if (headers['content-length'] === undefined) head += 'transfer-encoding: chunked\r\n'
  return `${head}x-forwarded-for: ${socket.remoteAddress ?? ''}\r\nx-forwarded-proto: http\r\nconnection: keep-alive\r\n\r\n`
}
