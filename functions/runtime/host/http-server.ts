// The server around a function: functions-framework runs it, this adds what the framework leaves out.
//
//   body limit   counted while it arrives, so a large body is refused without being kept; a slow one has 20 s
//   health       /health/liveness and /health/readiness, where func and Knative probe
//   drain        on SIGTERM: not ready, no new connections, what is in flight finishes, then the connections are closed
//
// The framework's own server buffers bodies up to 1 GiB, answers 404 on the health paths and exits at once on SIGTERM.
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import type { Socket } from 'node:net'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { decodeBody } from './content-encoding.ts'
import { isAddressedHere } from './addressed-here.ts'
import { Problem, unexpected } from './problem.ts'
import { createBodyReader } from './request-bodies.ts'

export const maxBodyBytes = 1024 * 1024
/** A dead letter of the largest event that an ingress takes, and what trace context and proxies add; Node's own limit is 16 KiB. */
export const maxHeaderBytes = 32 * 1024

/** A tenth of the memory that a function has in production; a body that comes slowly must not cost more. */
const maxUnfinishedBytes = 24 * 1024 * 1024
const maxUnfinished = 256
/** More are closed as they come. */
const maxConnections = 2_048

const serverOptions = {
  maxHeaderSize: maxHeaderBytes,
  headersTimeout: 10_000,
  // For all of a request to come. In a cluster one that does not end holds a place at the queue-proxy for so long.
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 75_000 // longer than a caller's, so that the caller is the one who closes
}

export interface FunctionRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface FunctionAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A Buffer as it is, anything else as JSON; absent for an empty body, which is what a Trigger takes as "no reply". */
  readonly body?: unknown
}

export interface HttpServer {
  readonly server: Server
  /** Stops taking requests and resolves when those in flight are answered, or when the time is over. */
  drain(timeoutMs: number): Promise<void>
}

/** Registers `handle` with functions-framework under `name` and wraps the framework's server. Does not listen yet. */
export function createHttpServer(
  name: string,
  handle: (request: FunctionRequest) => Promise<FunctionAnswer>,
  isReady: () => Promise<boolean>
): HttpServer {
  http(name, async (request, response) => {
    const [path = '/', search = ''] = originForm(request.originalUrl).split(/\?(.*)/s)
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const { method, headers } = request
    const answer = await handle({ method, path, query: new URLSearchParams(search), headers, body })
    try {
      send(response, answer)
    } catch {
      send(response, problemAnswer(unexpected())) // it cannot be written as JSON
    }
  })
  const framework = getTestServer(name)
  const inFlight = new Set<ServerResponse>()
  let draining = false

  const readBody = createBodyReader({ maxBytes: maxBodyBytes, maxUnfinishedBytes, maxUnfinished })
  const server = createServer(serverOptions, async (request, response) => {
    if (draining) response.setHeader('connection', 'close')
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    if (request.url === '/health/liveness') return send(response, { status: 200, body: { status: 'alive' } })
    if (request.url === '/health/readiness') {
      const ready = !draining && (await isReady())
      return send(response, { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready' } })
    }
    try {
      refuseSecondHost(request)
      if (!isAddressedHere(boundTo, request.headers.host)) throw misdirected
      const body = await decodeBody(request.headers['content-encoding'], await readBody(request), maxBodyBytes)
      // With the body already read, the framework's body parsers leave the request alone. Its router sees "/" and nothing
      // else, because it answers some paths before the function is asked: "/%" and "/favicon.ico", the former in HTML.
      Object.assign(request, { body, originalUrl: request.url, url: '/' })
      framework.emit('request', request, response)
    } catch (error) {
      if (error instanceof Problem) refuse(request, response, error)
      else response.destroy() // the client went away in the middle of its body
    }
  })
  // Of the server and not of the connection: in a pod Knative's queue-proxy connects from the same pod, by loopback.
  let boundTo = ''
  server.on('listening', () => {
    const address = server.address()
    boundTo = typeof address === 'object' ? (address?.address ?? '') : ''
  })
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.maxConnections = maxConnections

  return {
    server,
    async drain(timeoutMs) {
      draining = true
      for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close')
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      // Not only idle ones: a connection that has never sent a request is not idle to Node.
      const busy = new Set(Array.from(inFlight, ({ socket }) => socket))
      for (const socket of sockets) if (!busy.has(socket)) socket.destroy()
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
      await closed
      clearTimeout(timer)
    }
  }
}

const misdirected = new Problem(421, 'misdirected', 'Misdirected request', 'this name is not served here')

/**
 * Answers before the body is complete. What still comes is read and thrown away for a moment, because closing at once
 * would reset the connection and the client would never see the answer. For that reason no `connection: close` either:
 * Node closes such a connection with the last byte of the answer.
 */
function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  send(response, problemAnswer(problem))
  request.resume()
  const timer = setTimeout(() => request.destroy(), 1_000)
  request.once('close', () => clearTimeout(timer))
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function refuseSecondHost({ rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
  if (hosts.length > 1) throw new Problem(400, 'several-hosts', 'Several hosts', 'a request has one Host header')
}

/** A request target may name the host too. https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function originForm(target: string): string {
  const path = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)?.[1]
  return path === undefined ? target : path.startsWith('/') ? path : `/${path}`
}

/** Of a problem's detail. */
const maxDetailLength = 2_000

export function problemAnswer(problem: Problem): FunctionAnswer {
  const { status, type, title, message: detail, errors, headers } = problem
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: {
      type: `urn:problem:${type}`,
      title,
      status,
      detail: detail.slice(0, maxDetailLength),
      ...(errors ? { errors } : {})
    }
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: FunctionAnswer): void {
  if (body === undefined) {
    response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': '0' }) }).end()
    return
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': String(bytes.length) })
    .end(bytes)
}
