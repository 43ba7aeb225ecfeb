// The instance of one Service through its life: at most one, two while one replaces the other. It is started when it is wanted,
// started again when it ends, and replaced when the one with new code or new settings is ready.
import type { Service } from '../manifests/plan.ts'
import { createCurrentInstance } from './current-instance.ts'
import type { Instance, StartOptions } from './instance.ts'
import { lastOfWaiting } from './last-of-waiting.ts'
import { createStarts, type Starts } from './starts.ts'

export interface ServiceInstance extends Pick<Starts, 'problem' | 'wake'> {
  get(): Instance | undefined
  /** The settings that apply now. */
  service(): Service
  /** It serves, or does as soon as a request comes. */
  isReady(): boolean
  /** @throws when it does not start, after which it is tried again */
  start(): Promise<void>
  /** Of several that wait the last counts. @throws when the present one stays */
  replace(service: Service): Promise<void>
  /** No request needs it: it ends, unless another is being started. The next one starts by `wake`. */
  retire(): void
  takeDown(): Promise<void>
  bringUp(): Promise<void>
  /** No other is started; it ends once `drain` has. */
  stop(drain: () => Promise<void>): Promise<void>
}

export interface ServiceInstanceOptions {
  launch(service: Service, how: StartOptions): Promise<Instance>
  /** Sends requests to it, or holds them. Resolves when the one before has answered its last request. */
  direct(next: Instance | undefined): Promise<unknown>
  /** `service()` is another one, whose instance gets its first request after this. */
  settingsChanged(): void
  tookOver?(instance: Instance): void
  report(sentence: string): void
  /** How long one may take to answer what it was sent, and then to end. */
  readonly drainMs: number
}

export function createServiceInstance(first: Service, options: ServiceInstanceOptions): ServiceInstance {
  const { launch, direct, settingsChanged, tookOver, report, drainMs } = options
  let service = first
  let replacement = new AbortController()
  let isDown = false
  let isStopping = false

  const current = createCurrentInstance({
    drainMs,
    direct,
    crashed: () => starts.ended()
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

  /** What is being started is of no use any more. Resolves when it has ended. */
  async function giveUp(): Promise<void> {
    replacement.abort()
    await starts.giveUp()
  }

  const replaceInTurn = lastOfWaiting(async (next: Service): Promise<void> => {
    await giveUp()
    replacement = new AbortController()
    const { signal } = replacement
    const fresh = current.get() && (await launch(next, { mustBeReady: true, signal })) // throws: all stays as it was
    service = next
    settingsChanged()
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
    get: current.get,
    service: () => service,
    isReady: () => current.get() !== undefined || (service.minScale === 0 && !isDown && starts.problem() === undefined),
    problem: starts.problem,
    wake: starts.wake,
    start: starts.ensureOrRetry,
    replace(next) {
      void giveUp()
      return replaceInTurn(next)
    },
    retire() {
      if (current.get() && !starts.isStarting()) void current.set(undefined)
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
    async stop(drain) {
      isStopping = true
      starts.reset()
      await Promise.all([drain(), giveUp()])
      await current.set(undefined)
    }
  }
}
