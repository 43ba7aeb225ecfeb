// One Knative Service on this machine: its stable port, and at most one instance behind it (two while one replaces the other).
import type { Service } from '../manifests/plan.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { DirectAddress } from '../dataplane/delivery/direct-addresses.ts'
import { type Activator, type Limits, maxConnections, startActivator } from './activator.ts'
import { createCurrentInstance } from './current-instance.ts'
import type { Instance, StartOptions } from './instance.ts'
import { lastOfWaiting } from './last-of-waiting.ts'
import { createStarts } from './starts.ts'

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

/** Knative's default stable window, after which a Service with min-scale 0 and no requests goes to zero. */
const stableWindowMs = 60_000
const drainMs = 5_000
const foreverMs = 24 * 3_600_000

export async function createFunctionService(first: Service, options: FunctionServiceOptions): Promise<FunctionService> {
  const { port, launch, tookOver, report, pidChanged } = options
  let service = first
  let replacement = new AbortController()
  let isDown = false
  let isStopping = false
  const bounds = () => boundsOf(service, options)
  const activator: Activator = await startActivator({
    port,
    clusterName: `${first.name}.${first.namespace}`,
    ...bounds().limits,
    wake: () => starts.wake()
  })

  const current = createCurrentInstance({
    drainMs,
    direct(next) {
      const answered = Promise.all([activator.setTarget(next?.port), options.moved?.()])
      pidChanged()
      return answered
    },
    crashed() {
      if (isDown || isStopping) return
      report(`${service.name} ended and is started again`)
      starts.again()
    }
  })

  const starts = createStarts({
    name: first.name,
    isWanted: () => !current.get() && !isDown && !isStopping,
    async start(signal) {
      const next = await launch(service, { mustBeReady: false, signal })
      if (isDown || isStopping) return void (await next.process.stop(drainMs))
      void current.set(next)
      tookOver?.(next)
    },
    report
  })

  const idleTimer = setInterval(() => {
    const isIdle = activator.inFlight() === 0 && performance.now() - activator.lastUsedAt() > stableWindowMs
    if (service.minScale === 0 && isIdle && current.get() && !starts.isStarting()) void current.set(undefined)
  }, 1_000)

  /** What is being started is of no use any more. Resolves when it has ended. */
  async function giveUp(): Promise<void> {
    replacement.abort()
    await starts.giveUp()
  }

  const replaceInTurn = lastOfWaiting(async (next: Service): Promise<void> => {
    await giveUp()
    replacement = new AbortController()
    const how = { mustBeReady: true, signal: replacement.signal }
    const fresh = current.get() && (await launch(next, how)) // throws: all stays as it was
    service = next
    activator.setLimits(bounds().limits)
    if (isDown || isStopping) return void (await fresh?.process.stop(drainMs))
    if (fresh) {
      await current.set(fresh)
      tookOver?.(fresh)
    } else if (service.minScale > 0 || starts.problem() !== undefined || starts.wasGivenUp()) {
      starts.reset()
      await starts.ensureOrRetry()
    }
  })

  return {
    name: first.name,
    url: `http://127.0.0.1:${port}`,
    port,
    pid: () => current.get()?.process.pid,
    problem: starts.problem,
    isReady: () => current.get() !== undefined || (service.minScale === 0 && !isDown && starts.problem() === undefined),
    inFlight: activator.inFlight,
    direct() {
      const [instance, { timeoutMs }, atMost] = [current.get(), bounds().limits, bounds().pastPort]
      if (!instance || atMost === 0) return undefined
      return { url: `http://127.0.0.1:${instance.port}`, atMost, timeoutMs }
    },
    subscriptionsChanged: () => activator.setLimits(bounds().limits),
    async start() {
      if (Math.max(service.initialScale, service.minScale) > 0) await starts.ensureOrRetry().catch(() => undefined)
    },
    replace(next) {
      void giveUp()
      return replaceInTurn(next)
    },
    async takeDown() {
      isDown = true
      starts.reset()
      await giveUp()
      await current.set(undefined)
    },
    async bringUp() {
      isDown = false
      starts.reset()
      await starts.ensure()
    },
    signal: signal => current.get()?.process.signal(signal),
    async stop() {
      isStopping = true
      clearInterval(idleTimer)
      starts.reset()
      await Promise.all([activator.stop(drainMs), giveUp()])
      await current.set(undefined)
    }
  }
}

interface Bounds {
  readonly limits: Limits
  /** Places for requests of its subscriptions, which go to the instance itself. */
  readonly pastPort: number
}

function boundsOf(service: Service, { waitsForever, subscribedRequests }: FunctionServiceOptions): Bounds {
  const places = service.containerConcurrency || maxConnections
  // None where the port must see every request: it starts an instance for the first, and stops it after the last.
  const pastPort = service.minScale > 0 ? Math.min(Math.floor(places / 2), subscribedRequests?.() ?? 0) : 0
  const timeoutMs = waitsForever ? foreverMs : service.timeoutSeconds * 1_000
  return { limits: { containerConcurrency: places - pastPort, timeoutMs }, pastPort }
}
