// Sends event requests over kept-alive connections, one pool for each egress, as Knative does.
import { Agent as NodeAgent } from 'node:http'
import { Agent, type Dispatcher } from 'undici'
import { postWithoutBody } from './bodiless-request.ts'
import { Deadlines } from './deadlines.ts'
import type { Send, SinkResponse } from './deliver.ts'
import { DirectAddresses, type DirectWay } from './direct-addresses.ts'
import type { EventRequest } from '../events/event-to-request.ts'
import { ResponseBody } from './response-body.ts'

/** The original's maxPoolSize. */
const MAX_CONNECTIONS = 100
/** The original's client follows this many. */
const MAX_REDIRECTS = 16
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export interface HttpSender {
  readonly send: Send
  /** Breaks what is in flight. */
  destroy(): Promise<void>
}

export function createHttpSender(directly = new DirectAddresses()): HttpSender {
  const agent = new Agent({
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    // Deadlines below bound the whole attempt; these two count only parts of it, in steps of a second.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const bodilessAgent = new NodeAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const agents: Agents = { agent, bodilessAgent }
  const deadlines = new Map<number, Deadlines>()
  // An egress has two destinations; after an edit there may be others.
  const targets = new Map<string, URL>()

  const send: Send = (url, request, timeoutMs) => {
    let ofLength = deadlines.get(timeoutMs)
    if (ofLength === undefined) deadlines.set(timeoutMs, (ofLength = new Deadlines(timeoutMs)))
    let target = targets.get(url)
    if (target === undefined) targets.set(url, (target = new URL(url)))
    return new Promise((resolve, reject) => {
      const way = request.body === null ? undefined : directly.take(target.origin, timeoutMs)
      const attempt = new Attempt(agents, target, way, request, timeoutMs, resolve, reject)
      attempt.cancelDeadline = ofLength.start(() => attempt.expire())
      attempt.start()
    })
  }
  return {
    send,
    destroy: async () => {
      bodilessAgent.destroy()
      await agent.destroy()
    }
  }
}

interface Agents {
  readonly agent: Agent
  readonly bodilessAgent: NodeAgent
}

class Attempt implements Dispatcher.DispatchHandler {
  cancelDeadline: () => void = () => {}
  private readonly agents: Agents
  private target: URL
  private way: DirectWay | undefined
  private request: EventRequest
  private readonly timeoutMs: number
  private readonly resolve: (response: SinkResponse) => void
  private readonly reject: (error: Error) => void
  private abort: ((error: Error) => void) | undefined
  private settled = false
  private status = 0
  private headers: string[] = []
  private body = new ResponseBody()
  private redirects = 0
  private method: 'POST' | 'GET' = 'POST'

  constructor(
    agents: Agents,
    target: URL,
    way: DirectWay | undefined,
    request: EventRequest,
    timeoutMs: number,
    resolve: (response: SinkResponse) => void,
    reject: (error: Error) => void
  ) {
    this.agents = agents
    this.target = target
    this.way = way
    this.request = request
    this.timeoutMs = timeoutMs
    this.resolve = resolve
    this.reject = reject
  }

  start(): void {
    if (this.request.body === null && this.method === 'POST') {
      this.startWithoutBody()
      return
    }
    const { way, method } = this
    const { origin, host, pathname, search } = this.target
    const { headers, body } = this.request
    this.agents.agent.dispatch(
      way === undefined
        ? { origin, path: pathname + search, method, headers, body }
        : { origin: way.origin, path: pathname + search, method, headers: ['host', host, ...headers], body },
      this
    )
  }

  expire(): void {
    const error = new Error(`no answer within ${this.timeoutMs} ms`)
    this.abort?.(error)
    this.fail(error)
  }

  private startWithoutBody(): void {
    const post = postWithoutBody(this.target, this.request.headers, this.agents.bodilessAgent)
    this.abort = error => post.abort(error)
    void post.response.then(response => this.answer(response)).catch((error: Error) => this.fail(error))
  }

  private answer(response: SinkResponse): void {
    if (this.settled) return
    this.status = response.status
    this.headers = [...response.headers]
    if (!this.followed()) this.succeed(response)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.settled) controller.abort(new Error('given up before it was sent'))
    else this.abort = error => controller.abort(error)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    if (status < 200) return
    this.status = status
    this.headers = []
    for (const name in headers) {
      const value = headers[name]
      for (const one of Array.isArray(value) ? value : [value]) this.headers.push(name, String(one))
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.body.add(chunk)
  }

  onResponseEnd(): void {
    if (this.settled || this.followed()) return
    const { status, headers, body } = this
    this.succeed({ status, headers, body: body.bytes, truncated: body.truncated })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const isRefused = 'code' in error && error.code === 'ECONNREFUSED'
    if (this.way === undefined || this.settled || !isRefused) return this.fail(error)
    // The instance has ended, and has not seen this request: its port holds it until there is another one.
    this.leaveWay()
    this.start()
  }

  private succeed(response: SinkResponse): void {
    this.settle()
    this.resolve(response)
  }

  private fail(error: Error): void {
    if (this.settled) return
    this.settle()
    this.reject(error)
  }

  private settle(): void {
    this.settled = true
    this.cancelDeadline()
    this.leaveWay()
  }

  private leaveWay(): void {
    this.way?.leave()
    this.way = undefined
  }

  /** 303 is followed as a GET that keeps the event's headers, any redirect of that GET too; a redirected POST is a failure. */
  private followed(): boolean {
    if (!REDIRECTS.has(this.status) || this.redirects >= MAX_REDIRECTS) return false
    if (this.status !== 303 && this.method === 'POST') return false
    const location = this.headers[this.headers.indexOf('location') + 1]
    if (!this.headers.includes('location') || location === undefined || !URL.canParse(location, this.target.href))
      return false
    const target = new URL(location, this.target)
    if (target.protocol !== 'http:' && target.protocol !== 'https:') return false
    this.leaveWay()
    this.redirects++
    this.method = 'GET'
    this.target = target
    this.request = { headers: this.request.headers, body: null }
    this.body = new ResponseBody()
    this.start()
    return true
  }
}
