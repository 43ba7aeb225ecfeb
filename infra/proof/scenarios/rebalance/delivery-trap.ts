// Catches a member between two commits: the function has answered, so its effect is in PostgreSQL, and the member, which does
// not know yet, has not committed the offset.
import type { Delivery } from '../stage/delivery-log.ts'
import type { PassOn } from '../stage/counted-member.ts'

export interface CaughtDelivery {
  readonly delivery: Delivery
  /** Lets the answer go to the member. */
  release(): void
}

export interface DeliveryTrap {
  readonly passOn: PassOn
  /** The next delivery that this function answers. */
  next(functionName: string, signal: AbortSignal): Promise<CaughtDelivery>
}

const waitMs = 30_000

export function createDeliveryTrap(): DeliveryTrap {
  let wanted: { readonly functionName: string; caught(delivery: CaughtDelivery): void } | undefined

  return {
    async passOn(delivery, forward) {
      const answer = await forward()
      if (delivery.done && delivery.function === wanted?.functionName) {
        const { promise: released, resolve: release } = Promise.withResolvers<void>()
        wanted.caught({ delivery, release })
        wanted = undefined
        await released
      }
      return answer
    },
    next(functionName, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<CaughtDelivery>()
      wanted = { functionName, caught: resolve }
      const timeout = AbortSignal.timeout(waitMs)
      const ended = AbortSignal.any([signal, timeout])
      ended.addEventListener('abort', () => {
        wanted = undefined
        reject(new Error(timeout.aborted ? `no delivery to ${functionName} within ${waitMs / 1_000} s` : 'stopped'))
      })
      return promise
    }
  }
}
