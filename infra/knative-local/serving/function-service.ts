// One Knative Service on this machine: its stable port, with the instance behind it.
import type { Service } from '../manifests/plan.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { DirectAddress } from '../dataplane/delivery/direct-addresses.ts'
import { type Activator, type Limits, maxConnections, startActivator } from './activator.ts'
import type { Instance, StartOptions } from './instance.ts'
import { createServiceInstance } from './service-instance.ts'

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
  const activator: Activator = await startActivator({
    port,
    clusterName: `${first.name}.${first.namespace}`,
    ...boundsOf(first, options).limits,
    wake: () => instance.wake()
  })
  const instance = createServiceInstance(first, {
    launch,
    direct(next) {
      const answered = Promise.all([activator.setTarget(next?.port), options.moved?.()])
      pidChanged()
      return answered
    },
    settingsChanged: setLimits,
    ...(tookOver && { tookOver }),
    report,
    drainMs
  })
  const bounds = () => boundsOf(instance.service(), options)
  function setLimits(): void {
    activator.setLimits(bounds().limits)
  }

  const idleTimer = setInterval(() => {
    const isIdle = activator.inFlight() === 0 && performance.now() - activator.lastUsedAt() > stableWindowMs
    if (instance.service().minScale === 0 && isIdle) instance.retire()
  }, 1_000)

  return {
    name: first.name,
    url: `http://127.0.0.1:${port}`,
    port,
    pid: () => instance.get()?.process.pid,
    problem: instance.problem,
    isReady: instance.isReady,
    inFlight: activator.inFlight,
    direct() {
      const [now, { timeoutMs }, atMost] = [instance.get(), bounds().limits, bounds().pastPort]
      if (!now || atMost === 0) return undefined
      return { url: `http://127.0.0.1:${now.port}`, atMost, timeoutMs }
    },
    subscriptionsChanged: setLimits,
    async start() {
      const { initialScale, minScale } = instance.service()
      if (Math.max(initialScale, minScale) > 0) await instance.start().catch(() => undefined)
    },
    replace: instance.replace,
    takeDown: instance.takeDown,
    bringUp: instance.bringUp,
    signal: signal => instance.get()?.process.signal(signal),
    async stop() {
      clearInterval(idleTimer)
      await instance.stop(() => activator.stop(drainMs))
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
