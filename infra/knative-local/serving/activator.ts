// What stands before each function: the parts of Knative's activator and queue-proxy that a function can notice.
//
//   hold          requests wait while no instance is ready, bounded in number and time, and then go out in order
//   concurrency   at most containerConcurrency requests are with the instance; one whose body is not there yet is not with it
//   timeout       a request that is not answered within timeoutSeconds is ended with 504
//   swap          a new instance takes over between two requests; the old one finishes what it has
//
// https://github.com/knative/serving/blob/main/docs/scaling/SYSTEM.md
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { MAX_REQUEST_HEADER_BYTES } from '../dataplane/events/header-budget.ts'
import { guarded } from '../http/guard.ts'
import { forward, type Forwarded, letGo, type Outcome } from './forward.ts'
import { createHeldRequests } from './held-requests.ts'
import { type InstanceConnections, openConnections } from './instance-connections.ts'
import { createArrivals, type RequestBody } from './request-body.ts'
import { readTarget } from './request-target.ts'

export interface Limits {
  /** 0 means no bound. */
  readonly containerConcurrency: number
  readonly timeoutMs: number
}

export interface ActivatorOptions extends Limits {
  readonly port: number
  /** What the port is called in the cluster, `name.namespace`. */
  readonly clusterName: string
  /** Called when a request has to wait because there is no instance. */
  wake(): void
}

export interface Activator {
  /** Where requests go from now on; undefined holds them. Resolves when the old target has answered what it was sent. */
  setTarget(port: number | undefined): Promise<void>
  setLimits(limits: Limits): void
  /** Requests being answered or held. */
  inFlight(): number
  /** When the last request ended, on the clock of performance.now(). */
  lastUsedAt(): number
  /** Takes no new connections and resolves when all requests are answered, or when the time is over. */
  stop(timeoutMs: number): Promise<void>
}

interface Target {
  readonly connections: InstanceConnections
  inFlight: number
  /** Of these, those whose bodies are still coming. */
  streams: number
  /** Called when the last request is answered, once no more are sent. */
  isLast?(): void
}

/** Requests that are with an instance that sets no bound itself. */
export const maxConnections = 256
/** Ten turns of connection refused take longer than any instance needs to be noticed as gone. */
const lostRetryMs = 20

const serverOptions = {
  keepAliveTimeout: 75_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000, // for all of a request to come
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: MAX_REQUEST_HEADER_BYTES
}
/** More are closed as they come. */
const maxClients = 4_096

export async function startActivator(options: ActivatorOptions): Promise<Activator> {
  let { timeoutMs } = options
  let limit = options.containerConcurrency || maxConnections
  let target: Target | undefined
  const use = createUse()

  const held = createHeldRequests(({ request, response }, reason) => refuse(response, 503, reason, request))
  const arrivals = createArrivals((request, response) => refuse(response, 408, 'the body came too slowly', request))
  const server = await listen(options, take)

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    use.add(response)
    const asked = readTarget(request.method ?? '', request.url ?? '')
    if ('status' in asked) return refuse(response, asked.status, asked.reason, request)
    const body = await arrivals.ready(request, response)
    if (body === undefined || response.destroyed) return
    const one = { request, response, target: asked, body }
    if (target && hasRoom(target, body, limit)) send(target, one)
    else hold(one)
  }

  function hold(one: Forwarded): void {
    held.hold(one, timeoutMs)
    if (!target) options.wake()
  }

  function release(): void {
    if (!target || held.isEmpty()) return
    const to = target
    held.release(
      ({ body }) => hasRoom(to, body, limit),
      one => send(to, one)
    )
  }

  function send(to: Target, one: Forwarded): void {
    const streams = isStream(one.body) ? 1 : 0
    to.inFlight += 1
    to.streams += streams
    forward(to.connections, one, timeoutMs, outcome => {
      to.inFlight -= 1
      to.streams -= streams
      if (to.inFlight === 0) to.isLast?.()
      if (outcome === 'not sent' && !one.response.destroyed) again(one)
      else settle(outcome, one.request, one.response)
      release()
    })
  }

  /** The instance had ended before it saw the request: wait for the next one. */
  function again(one: Forwarded): void {
    setTimeout(() => {
      if (!one.response.destroyed) hold(one)
      release()
    }, lostRetryMs)
  }

  return {
    async setTarget(port) {
      const old = target
      target = port === undefined ? undefined : openTarget(port)
      if (target) release()
      else if (!held.isEmpty()) options.wake()
      if (old) await leave(old)
    },
    setLimits(limits) {
      timeoutMs = limits.timeoutMs
      limit = limits.containerConcurrency || maxConnections
      release()
    },
    inFlight: () => use.answering.size,
    lastUsedAt: use.lastUsedAt,
    async stop(stopTimeoutMs) {
      await close(server, use.answering, stopTimeoutMs)
      target?.connections.close()
      target = undefined
    }
  }
}

/** Which requests are being answered or held, and when the last one ended. */
function createUse() {
  const answering = new Set<ServerResponse>()
  let lastUsedAt = performance.now()
  return {
    answering,
    lastUsedAt: () => lastUsedAt,
    add(response: ServerResponse) {
      answering.add(response)
      response.once('close', () => {
        answering.delete(response)
        lastUsedAt = performance.now()
      })
    }
  }
}

function isStream(body: RequestBody): boolean {
  return body !== null && !Buffer.isBuffer(body)
}

/** Bodies that are sent on as they come may be slow, and get half of the room. */
function hasRoom({ inFlight, streams }: Target, body: RequestBody, limit: number): boolean {
  return inFlight < limit && (!isStream(body) || streams < Math.ceil(limit / 2))
}

function openTarget(port: number): Target {
  return { connections: openConnections(port), inFlight: 0, streams: 0 }
}

/** Resolves when it has answered what it was sent. */
async function leave(target: Target): Promise<void> {
  if (target.inFlight > 0) await new Promise<void>(fulfil => (target.isLast = fulfil))
  target.connections.close()
}

function settle(outcome: Outcome, request: IncomingMessage, response: ServerResponse): void {
  if (outcome === 'answered' || response.destroyed) return
  if (response.headersSent) response.destroy() // too late for a status: a cut body shows it to the client
  else if (outcome === 'timeout') refuse(response, 504, 'the function did not answer in time', request)
  else refuse(response, 502, 'the function ended before it answered', request)
}

function refuse(response: ServerResponse, status: number, detail: string, request: IncomingMessage): void {
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail }))
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': body.length,
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    ...(status === 405 ? { allow: '' } : {})
  })
  response.end(body)
  if (!request.complete) letGo(request)
}

async function listen(
  { port, clusterName }: ActivatorOptions,
  take: (request: IncomingMessage, response: ServerResponse) => Promise<void>
): Promise<Server> {
  const server = createServer(serverOptions, guarded([clusterName], take))
  server.maxConnections = maxClients
  server.on('connect', (_, socket) => socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n'))
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => fulfil())
  })
  return server
}

/** Connections in use end with their answer; close() ends the idle ones. */
async function close(server: Server, answering: Iterable<ServerResponse>, timeoutMs: number): Promise<void> {
  for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close')
  const closed = new Promise<void>(fulfil => server.close(() => fulfil()))
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
  await closed
  clearTimeout(timer)
}
