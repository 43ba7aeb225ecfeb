// One Knative Service on this machine: its stable port, and at most one instance behind it (two while one replaces the other).
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../manifests/plan.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { DirectAddress } from '../dataplane/delivery/direct-addresses.ts'
import { type Activator, maxConnections, startActivator } from './activator.ts'
import { GivenUp, type Instance, type StartOptions } from './instance.ts'

export interface FunctionServiceOptions extends Reporting {
  readonly port: number
  /** Starts an instance of what is now in the files; throws when that does not become ready. */
  launch(service: Service, how: StartOptions): Promise<Instance>
  /** This instance serves now, and the one before has ended. */
  tookOver?(instance: Instance): void
  /** A person who looks at a breakpoint takes longer than any caller may. */
  readonly waitsForever?: boolean
  /** As many as Sources and Triggers may have under way to it. They have their own places in an instance, half of all at most. */
  subscribedRequests?(): number
  /** The instance is another one. Resolves when nobody sends to the one before past the port any more. */
  moved?(): Promise<void>
}

export interface FunctionService {
  readonly name: string
  readonly url: string
  readonly port: number
  pid(): number | undefined
  isReady(): boolean
  /** Why it does not start, as long as it does not. */
  problem(): string | undefined
  /** Requests being answered or held. */
  inFlight(): number
  /** The instance itself, for its subscriptions; undefined when everybody comes by the port. */
  direct(): DirectAddress | undefined
  /** Whether it is a subscriber may be otherwise. */
  subscriptionsChanged(): void
  /** Starts what spec asks for at first: initialScale. On failure that is reported, and it is tried again. */
  start(): Promise<void>
  /** New code or new settings: the next instance takes over when it is ready, or the present one stays. One at a time: of several that wait the last counts. */
  replace(service: Service): Promise<void>
  /** For `npm run local`: down until it is started again; requests wait. */
  takeDown(): Promise<void>
  bringUp(): Promise<void>
  signal(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

interface Retiring {
  readonly before: Instance | undefined
  readonly answered: Promise<unknown>
}

/** Knative's default stable window, after which a Service with min-scale 0 and no requests goes to zero. */
const stableWindowMs = 60_000
const drainMs = 5_000
const foreverMs = 24 * 3_600_000
const firstBackoffMs = 100
const maxBackoffMs = 10_000

export async function createFunctionService(first: Service, options: FunctionServiceOptions): Promise<FunctionService> {
  const { port, launch, tookOver, report, pidChanged } = options
  let service = first
  let instance: Instance | undefined
  let starting: Promise<void> | undefined
  let attempt = new AbortController()
  let replacement = new AbortController()
  let wasGivenUp = false
  let isDown = false
  let isStopping = false
  let crashes = 0
  let problem: string | undefined
  let replacing: Promise<void> = Promise.resolve()
  let waiting: { service: Service; readonly done: Promise<void> } | undefined
  let backoff: NodeJS.Timeout | undefined

  const timeoutMs = () => (options.waitsForever ? foreverMs : service.timeoutSeconds * 1_000)
  const places = () => service.containerConcurrency || maxConnections
  /** None where the port must see every request: it starts an instance for the first, and stops it after the last. */
  const placesPastPort = () =>
    service.minScale > 0 ? Math.min(Math.floor(places() / 2), options.subscribedRequests?.() ?? 0) : 0
  const limits = () => ({ containerConcurrency: places() - placesPastPort(), timeoutMs: timeoutMs() })
  const activator: Activator = await startActivator({
    port,
    clusterName: `${first.name}.${first.namespace}`,
    ...limits(),
    wake: () => wake()
  })

  const idleTimer = setInterval(() => {
    const isIdle = activator.inFlight() === 0 && performance.now() - activator.lastUsedAt() > stableWindowMs
    if (service.minScale === 0 && isIdle && instance && !starting) void retire(take(undefined))
  }, 1_000)

  /** The one place where the instance changes; answers the one before, and when it has answered its last request. */
  function take(next: Instance | undefined): Retiring {
    const before = instance
    instance = next
    const answered = Promise.all([activator.setTarget(next?.port), options.moved?.()])
    if (next) void watch(next)
    pidChanged()
    return { before, answered }
  }

  async function watch(running: Instance): Promise<void> {
    await running.exited
    crashed(running)
  }

  /** Stopped only then: a request that is still on its way to it would find the connection closed. */
  async function retire({ before, answered }: Retiring): Promise<void> {
    await Promise.race([answered, sleep(drainMs, undefined, { ref: false })])
    await before?.process.stop(drainMs)
  }

  function crashed(ended: Instance): void {
    if (instance !== ended) return // retired on purpose
    void take(undefined)
    if (isDown || isStopping) return
    report(`${service.name} ended and is started again`)
    scheduleStart()
  }

  function scheduleStart(): void {
    clearTimeout(backoff)
    const delayMs = crashes === 0 ? 0 : Math.min(firstBackoffMs * 2 ** (crashes - 1), maxBackoffMs)
    crashes += 1
    backoff = setTimeout(() => void ensure().catch((error: Error) => failed(error)), delayMs)
  }

  function failed(error: Error): void {
    if (isDown || isStopping || error instanceof GivenUp) return
    if (problem !== error.message) report(`${error.message}\n${service.name} is started again after ever longer pauses`)
    problem = error.message
    scheduleStart()
  }

  function wake(): void {
    if (isDown || isStopping || starting || backoff) return
    void ensure().catch((error: Error) => failed(error))
  }

  /** One start at a time; who comes second waits for the first. */
  function ensure(): Promise<void> {
    backoff = undefined
    if (instance || isDown || isStopping) return Promise.resolve()
    starting ??= begin().finally(() => (starting = undefined))
    return starting
  }

  /** What is being started is of no use any more. Resolves when it has ended. */
  async function giveUp(): Promise<void> {
    replacement.abort()
    if (!starting) return
    wasGivenUp = true
    attempt.abort()
    await starting.catch(() => undefined)
  }

  async function begin(): Promise<void> {
    wasGivenUp = false
    attempt = new AbortController()
    const next = await launch(service, { mustBeReady: false, signal: attempt.signal })
    if (isDown || isStopping) return void (await next.process.stop(drainMs))
    void take(next)
    tookOver?.(next)
    problem = undefined
    setTimeout(() => {
      if (instance === next) crashes = 0
    }, maxBackoffMs).unref()
  }

  async function change(next: Service): Promise<void> {
    await giveUp()
    replacement = new AbortController()
    const fresh = instance && (await launch(next, { mustBeReady: true, signal: replacement.signal })) // throws: all stays as it was
    service = next
    activator.setLimits(limits())
    if (isDown || isStopping) return void (await fresh?.process.stop(drainMs))
    if (fresh) {
      await retire(take(fresh))
      tookOver?.(fresh)
    } else if (service.minScale > 0 || problem !== undefined || wasGivenUp) {
      clearTimeout(backoff)
      crashes = 0
      await ensure().catch((error: Error) => {
        failed(error)
        throw error
      })
    }
  }

  return {
    name: first.name,
    url: `http://127.0.0.1:${port}`,
    port,
    pid: () => instance?.process.pid,
    problem: () => problem,
    isReady: () => instance !== undefined || (service.minScale === 0 && !isDown && problem === undefined),
    inFlight: activator.inFlight,
    direct() {
      const atMost = placesPastPort()
      if (!instance || atMost === 0) return undefined
      return { url: `http://127.0.0.1:${instance.port}`, atMost, timeoutMs: timeoutMs() }
    },
    subscriptionsChanged: () => activator.setLimits(limits()),
    async start() {
      if (Math.max(service.initialScale, service.minScale) > 0) await ensure().catch(failed)
    },
    replace(next) {
      void giveUp()
      if (waiting) waiting.service = next
      else {
        const done = replacing.then(() => {
          const last = waiting?.service ?? next
          waiting = undefined
          return change(last)
        })
        waiting = { service: next, done }
        replacing = done.catch(() => undefined)
      }
      return waiting.done
    },
    async takeDown() {
      isDown = true
      clearTimeout(backoff)
      backoff = undefined
      await giveUp()
      await retire(take(undefined))
    },
    async bringUp() {
      isDown = false
      crashes = 0
      await ensure()
    },
    signal: signal => instance?.process.signal(signal),
    async stop() {
      isStopping = true
      clearInterval(idleTimer)
      clearTimeout(backoff)
      await Promise.all([activator.stop(drainMs), giveUp()])
      await retire(take(undefined))
    }
  }
}
