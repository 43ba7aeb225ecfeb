// One request from a client to an instance and its answer back, both streamed.
import { type Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import type { RequestBody } from './request-body.ts'
import type { RequestTarget } from './request-target.ts'

/** How a request ended: `not sent` means that no instance can have seen it. */
export type Outcome = 'answered' | 'not sent' | 'lost' | 'timeout'

export interface Forwarded {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: RequestTarget
  readonly body: RequestBody
}

/** For a client that is still sending when the answer is complete. */
const lingerMs = 1_000

export function forward(
  agent: Agent,
  port: number,
  { request, response, target, body }: Forwarded,
  timeoutMs: number,
  end: (outcome: Outcome) => void
): void {
  const outgoing = httpRequest({
    agent,
    host: '127.0.0.1',
    port,
    method: request.method,
    path: target.path,
    headers: requestHeaders(request, target, body)
  })
  let ended = false
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    response.off('close', onClientGone)
    end(outcome)
  }
  const timer = setTimeout(() => {
    finish('timeout')
    outgoing.destroy()
  }, timeoutMs)
  const onClientGone = (): void => {
    if (response.writableFinished) return
    finish('lost')
    outgoing.destroy()
  }
  response.once('close', onClientGone)

  outgoing.on('error', error => finish(wasNeverSent(error, body) ? 'not sent' : 'lost'))
  outgoing.on('information', information => {
    if (!ended && !response.headersSent && request.httpVersion !== '1.0') writeInformation(response, information)
  })
  outgoing.on('response', incoming => {
    if (ended || response.destroyed) return void incoming.destroy()
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, endToEnd(incoming))
    incoming.on('data', (chunk: Buffer) => {
      if (response.destroyed || response.write(chunk)) return
      incoming.pause()
      response.once('drain', () => incoming.resume())
    })
    incoming.once('end', () => {
      if (ended) return // the rest of a cut answer
      finish('answered')
      response.end()
      if (!request.complete) letGo(request)
    })
    incoming.once('error', () => finish('lost'))
    incoming.once('close', () => finish('lost'))
  })

  if (body === null) outgoing.end()
  else if (Buffer.isBuffer(body)) outgoing.end(body)
  else detach(body).pipe(outgoing)
}

/**
 * The client's stream stays its own: when an instance answers before it has read all (413), the stream that was piped to it is
 * destroyed, and with the client's own that would be the connection which the answer has to travel on.
 */
function detach(request: IncomingMessage): Readable {
  const copy = new PassThrough()
  copy.on('error', () => request.unpipe(copy))
  request.once('error', error => copy.destroy(error))
  return request.pipe(copy)
}

/**
 * Reads and drops what the client still sends, for a moment: closing at once would reset the answer away. `connection:
 * close` would do just that, as Node closes with the last byte of the answer.
 */
export function letGo(request: IncomingMessage): void {
  request.unpipe()
  request.resume()
  const timer = setTimeout(() => request.destroy(), lingerMs)
  request.once('close', () => clearTimeout(timer))
}

/** They are of one connection only. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
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
function endToEnd({ rawHeaders, headers }: IncomingMessage, replaced?: ReadonlySet<string>): string[] {
  const { connection = '' } = headers
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

function requestHeaders(request: IncomingMessage, { host }: RequestTarget, body: RequestBody): string[] {
  const isWhole = body === null || Buffer.isBuffer(body)
  const headers = endToEnd(request, isWhole ? replacedOfWhole : replacedOfStream)
  if (host !== undefined) {
    const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
    if (at < 0) headers.push('host', host)
    else headers[at + 1] = host
  }
  if (Buffer.isBuffer(body)) headers.push('content-length', String(body.length))
  else if (isWhole && !withoutLength.has(request.method ?? '')) headers.push('content-length', '0')
  headers.push('x-forwarded-for', request.socket.remoteAddress ?? '', 'x-forwarded-proto', 'http')
  return headers
}

interface Information {
  readonly statusCode: number
  readonly statusMessage: string
  readonly rawHeaders: readonly string[]
}

/**
 * Every 1xx is passed on to the client, as RFC 9110 15.2 asks of a proxy; Node has methods for three of them only. The answer to an
 * earlier request of the same connection goes first: until then this one has no socket.
 */
function writeInformation(response: ServerResponse, { statusCode, statusMessage, rawHeaders }: Information): void {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  const bytes = Buffer.from(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${headers.join('')}\r\n`, 'latin1')
  if (response.socket) response.socket.write(bytes)
  else response.once('socket', (socket: Socket) => socket.write(bytes))
}

/** A refused connection, and nothing of a stream used up. */
function wasNeverSent(error: Error, body: RequestBody): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED' && (body === null || Buffer.isBuffer(body))
}
