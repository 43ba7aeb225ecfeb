// Takes spans by OTLP over HTTP and stores them, and passes each request on where spans are wanted elsewhere as well.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Logger } from 'pino'
import { listenOnLoopback } from '../http/loopback.ts'
import { guarded } from '../http/guard.ts'
import { decodeSpans } from './decode-spans.ts'
import type { Forwarder } from './forwarder.ts'
import type { TraceStore } from './trace-store.ts'

/** An exporter sends at most 512 spans at once, of about 1 kB each. */
const maxBodyBytes = 8 * 1024 * 1024
const pruneMs = 10_000
const unzip = promisify(gunzip)

export interface Collector {
  readonly port: number
  close(): Promise<void>
}

export async function startCollector(
  port: number,
  store: TraceStore,
  forwarder: Forwarder | undefined,
  log: Logger
): Promise<Collector> {
  const counts = { stored: 0, refused: 0 }
  const server = createServer(
    guarded([], (request, response) => {
      handle(request).then(
        given => answer(response, given),
        (error: Error) => {
          counts.refused++
          log.warn({ reason: error.message }, 'a request with spans was refused')
          answer(response, { status: 400 })
        }
      )
    })
  )

  async function handle(request: IncomingMessage): Promise<Answer> {
    if (request.method === 'GET' && request.url === '/status') {
      return { status: 200, body: { ...counts, forwarded: forwarder?.counts() ?? null } }
    }
    if (request.method !== 'POST' || request.url !== '/v1/traces') return { status: 404 }
    const body = await readBody(request)
    if (body === undefined) return { status: 413 }
    const encoding = request.headers['content-encoding']
    forwarder?.send(body, encoding)
    const spans = decodeSpans(encoding === 'gzip' ? await unzip(body, { maxOutputLength: maxBodyBytes }) : body)
    store.add(spans)
    counts.stored += spans.length
    return { status: 200 }
  }

  const pruning = setInterval(() => {
    try {
      store.prune()
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'old traces could not be deleted')
    }
  }, pruneMs)
  return {
    port: await listenOnLoopback(server, port, '--port'),
    async close() {
      clearInterval(pruning)
      server.close()
      server.closeAllConnections()
      await forwarder?.close()
      store.close()
    }
  }
}

/** Undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= maxBodyBytes) chunks.push(chunk)
  }
  return bytes <= maxBodyBytes ? Buffer.concat(chunks) : undefined
}

interface Answer {
  readonly status: number
  /** JSON; an empty message of the protocol otherwise, which says that all was taken. */
  readonly body?: object
}

function answer(response: ServerResponse, { status, body }: Answer): void {
  response
    .writeHead(status, { 'content-type': body ? 'application/json' : 'application/x-protobuf' })
    .end(body && JSON.stringify(body))
}
