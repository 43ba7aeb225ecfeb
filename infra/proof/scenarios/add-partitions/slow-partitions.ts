// Makes the old partitions of a topic slow, as a consumer that has fallen behind is: what is written to them waits in line.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PassOn } from '../stage/counted-member.ts'

export interface SlowPartitions {
  readonly passOn: PassOn
  slow(): void
  /** What waits continues at once. */
  fast(): void
}

/** Each delivery; below the 5 s that a rebalance waits for requests under way. */
const slowMs = 4_000

export function createSlowPartitions(topic: string, isSlow: (partition: number) => boolean): SlowPartitions {
  let fast = AbortSignal.abort()
  let makeFast = (): void => undefined
  return {
    async passOn(delivery, forward) {
      if (delivery.topic === topic && isSlow(delivery.partition) && !fast.aborted)
        await sleep(slowMs, undefined, { signal: fast }).catch(() => undefined)
      return forward()
    },
    slow() {
      const controller = new AbortController()
      fast = controller.signal
      makeFast = () => controller.abort()
    },
    fast: () => makeFast()
  }
}
