// The instance that a Service's requests go to: the one place where it changes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from './instance.ts'

export interface CurrentInstance {
  get(): Instance | undefined
  /** Requests go to this one from now on. Resolves when the one before has answered what it was sent, and has ended. */
  set(next: Instance | undefined): Promise<void>
}

export interface CurrentInstanceOptions {
  /** How long the one before may take to answer, and then to end. */
  readonly drainMs: number
  /** Sends requests to it, or holds them. Resolves when the one before has answered its last request. */
  direct(next: Instance | undefined): Promise<unknown>
  /** It ended, and nobody asked for that. */
  crashed(): void
}

export function createCurrentInstance({ drainMs, direct, crashed }: CurrentInstanceOptions): CurrentInstance {
  let current: Instance | undefined

  async function watch(instance: Instance): Promise<void> {
    await instance.exited
    if (current !== instance) return // retired on purpose
    current = undefined
    void direct(undefined)
    crashed()
  }

  return {
    get: () => current,
    async set(next) {
      const before = current
      current = next
      const answered = direct(next)
      if (next) void watch(next)
      // Stopped only then: a request that is still on its way to it would find the connection closed.
      await Promise.race([answered, sleep(drainMs, undefined, { ref: false })])
      await before?.process.stop(drainMs)
    }
  }
}
