// What stands before each function: the parts of Knative's activator and queue-proxy that a function can notice.
//
//   hold          requests wait while no instance is ready, bounded in number and time, and then go out in order
//   concurrency   at most containerConcurrency requests are with the instance
//   timeout       a request that is not answered within timeoutSeconds is ended with 504
//   swap          a new instance takes over between two requests; the old one finishes what it has
//
// https://github.com/knative/serving/blob/main/docs/scaling/SYSTEM.md
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { MAX_REQUEST_HEADER_BYTES } from '../dataplane/header-budget.ts'
import { guarded } from '../guard.ts'
import { forward, letGo, type Outcome, readyBody, type RequestBody } from './forward.ts'
import { Pool } from 'undici'

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

interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: RequestBody
  readonly timer: NodeJS.Timeout
}

interface Target {
  readonly pool: Pool
  inFlight: number
}

/** Knative lets ten times the container's concurrency wait in an instance, and more in the activator. */
const maxWaiting = 1_000
/** Connections to an instance that sets no bound itself. */
const maxConnections = 256
/** Ten turns of connection refused take longer than any instance needs to be noticed as gone. */
const lostRetryMs = 20

const serverOptions = { keepAliveTimeout: 75_000, requestTimeout: 0, maxHeaderSize: MAX_REQUEST_HEADER_BYTES }

export async function startActivator(options: ActivatorOptions): Promise<Activator> {
  let { timeoutMs } = options
  let limit = options.containerConcurrency || maxConnections
  const waiting: Waiting[] = []
  let target: Target | undefined
  const answering = new Set<ServerResponse>()
  let lastUsedAt = performance.now()

  const server = createServer(serverOptions, guarded([options.clusterName], take))

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    answering.add(response)
    response.once('close', () => {
      answering.delete(response)
      lastUsedAt = performance.now()
    })
    const body = await readyBody(request)
    if (response.destroyed) return
    if (target && target.inFlight < limit && waiting.length === 0) send(target, request, response, body)
    else hold(request, response, body)
  }

  function hold(request: IncomingMessage, response: ServerResponse, body: RequestBody): void {
    if (waiting.length >= maxWaiting) {
      return refuse(response, 503, 'too many requests are waiting for this function', request)
    }
    const timer = setTimeout(() => {
      drop(held)
      refuse(response, 503, `no instance of this function took the request within ${timeoutMs / 1_000} s`, request)
    }, timeoutMs)
    const held: Waiting = { request, response, body, timer }
    response.once('close', () => drop(held))
    waiting.push(held)
    if (!target) options.wake()
  }

  function drop(held: Waiting): void {
    clearTimeout(held.timer)
    const index = waiting.indexOf(held)
    if (index >= 0) waiting.splice(index, 1)
  }

  function release(): void {
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (!target || target.inFlight >= limit) return
      drop(next)
      send(target, next.request, next.response, next.body)
    }
  }

  function send(to: Target, request: IncomingMessage, response: ServerResponse, body: RequestBody): void {
    to.inFlight += 1
    forward(to.pool, request, response, body, timeoutMs, outcome => {
      to.inFlight -= 1
      if (outcome === 'not sent' && !response.destroyed) again(request, response, body)
      else settle(outcome, request, response)
      release()
    })
  }

  /** The instance had ended before it saw the request: wait for the next one. */
  function again(request: IncomingMessage, response: ServerResponse, body: RequestBody): void {
    setTimeout(() => {
      if (!response.destroyed) hold(request, response, body)
      release()
    }, lostRetryMs)
  }

  await listen(server, options.port)
  return {
    async setTarget(port) {
      const old = target
      target = port === undefined ? undefined : { pool: openPool(port, limit), inFlight: 0 }
      if (target) release()
      else if (waiting.length > 0) options.wake()
      await old?.pool.close().catch(() => undefined) // after the requests it has
    },
    setLimits(limits) {
      timeoutMs = limits.timeoutMs
      limit = limits.containerConcurrency || maxConnections
      release()
    },
    inFlight: () => answering.size,
    lastUsedAt: () => lastUsedAt,
    async stop(stopTimeoutMs) {
      // Connections in use end with their answer; close() ends the idle ones.
      for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close')
      const closed = new Promise<void>(fulfil => server.close(() => fulfil()))
      const timer = setTimeout(() => server.closeAllConnections(), stopTimeoutMs)
      await closed
      clearTimeout(timer)
      const last = target
      target = undefined
      await last?.pool.destroy()
    }
  }
}

function openPool(port: number, connections: number): Pool {
  return new Pool(`http://127.0.0.1:${port}`, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 60_000, // below the 75 s after which a function closes an idle connection
    headersTimeout: 0, // forward.ts has one timeout for the whole request
    bodyTimeout: 0
  })
}

function settle(outcome: Outcome, request: IncomingMessage, response: ServerResponse): void {
  if (outcome === 'answered' || response.destroyed) return
  if (response.headersSent) response.destroy() // too late for a status: a cut body is what tells the client
  else if (outcome === 'timeout') refuse(response, 504, 'the function did not answer in time', request)
  else refuse(response, 502, 'the function ended before it answered', request)
}

function refuse(response: ServerResponse, status: number, detail: string, request: IncomingMessage): void {
  const title = { 502: 'Bad gateway', 503: 'Unavailable', 504: 'Timeout' }[status] ?? 'Refused'
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title, status, detail }))
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': body.length,
    ...(status === 503 ? { 'retry-after': '1' } : {})
  })
  response.end(body)
  if (!request.complete) letGo(request)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((fulfil, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => fulfil())
  })
}
