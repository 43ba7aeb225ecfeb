// Deliveries that take until they are let go, as those of a reader that has fallen behind.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../stage/delivery-log.ts'
import type { PassOn } from '../stage/counted-member.ts'

export interface DelayedDeliveries {
  readonly passOn: PassOn
  delay(isDelayed: (delivery: Delivery) => boolean): void
  /** What waits continues at once. */
  letGo(): void
}

/** What a rebalance cuts off meanwhile is delivered again, and waits again. */
const longestMs = 120_000

export function createDelayedDeliveries(): DelayedDeliveries {
  let isDelayed: (delivery: Delivery) => boolean = () => false
  let letGo = new AbortController()
  return {
    async passOn(delivery, forward) {
      if (isDelayed(delivery)) await sleep(longestMs, undefined, { signal: letGo.signal }).catch(() => undefined)
      return forward()
    },
    delay(wanted) {
      isDelayed = wanted
      letGo = new AbortController()
    },
    letGo() {
      isDelayed = () => false
      letGo.abort()
    }
  }
}
