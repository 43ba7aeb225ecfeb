// One request from a client to an instance and its answer back, both streamed.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'

/** How a request ended: `not sent` means that no instance can have seen it. */
export type Outcome = 'answered' | 'not sent' | 'lost' | 'timeout'

export type RequestBody = Buffer | Readable | null

/** Bodies up to this size are read before they are sent on: a held request then keeps nothing but these bytes. */
const maxReadyBytes = 64 * 1024
/** For a client that is still sending when the answer is complete. */
const lingerMs = 1_000

/** Resolves when the whole body is there, or at once for a large one or one of unknown length. */
export async function readyBody(request: IncomingMessage): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return null
  if (encoding !== undefined || Number(length) > maxReadyBytes) return request
  return new Promise(fulfil => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => fulfil(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.once('close', () => fulfil(null)) // gone; the response is destroyed too
  })
}

export function forward(
  pool: Pool,
  request: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
  timeoutMs: number,
  end: (outcome: Outcome) => void
): void {
  let controller: Dispatcher.DispatchController | undefined
  let ended = false
  const upload = body instanceof Buffer || body === null ? body : detach(request)
  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    response.off('close', onClientGone)
    end(outcome)
  }
  const timer = setTimeout(() => {
    finish('timeout')
    controller?.abort(new Error('timeout'))
  }, timeoutMs)
  const onClientGone = (): void => {
    if (!response.writableFinished) controller?.abort(new Error('the client went away'))
  }
  response.once('close', onClientGone)

  pool.dispatch(
    {
      path: request.url ?? '/',
      method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: endToEnd(request),
      body: upload
    },
    {
      onRequestStart(started) {
        controller = started
        if (ended || response.destroyed) started.abort(new Error('the client went away'))
      },
      onResponseStart(_, status, headers, statusMessage) {
        if (ended || response.destroyed) return
        // Without its hop-by-hop headers: the connection to the client is another one.
        const { connection: _connection, 'keep-alive': _keepAlive, 'transfer-encoding': _encoding, ...rest } = headers
        response.writeHead(status, statusMessage, rest)
      },
      onResponseData(started, chunk) {
        if (response.destroyed || response.write(chunk)) return
        started.pause()
        response.once('drain', () => started.resume())
      },
      onResponseEnd() {
        response.end()
        if (!request.complete) letGo(request)
        finish('answered')
      },
      onResponseError(_, error) {
        finish(wasNeverSent(error, upload) ? 'not sent' : 'lost')
      }
    }
  )
}

/**
 * The client's stream stays its own: when an instance answers before it has read all (413), undici destroys the stream it
 * was given, and with the client's own that would be the connection which the answer has to travel on.
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

const hopByHop = new Set([
  'connection',
  'expect', // answered here
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

function endToEnd({ rawHeaders, socket }: IncomingMessage): string[] {
  const headers: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, rawHeaders[index + 1] ?? '')
  }
  headers.push('x-forwarded-for', socket.remoteAddress ?? '', 'x-forwarded-proto', 'http')
  return headers
}

/** A refused connection, and nothing of a stream used up. */
function wasNeverSent(error: Error, body: RequestBody): boolean {
  const code = 'code' in error ? error.code : undefined
  return code === 'ECONNREFUSED' && (body === null || body instanceof Buffer)
}
