// Requests that wait for an instance, or for room in one: bounded in number and time, they leave in the order in which they came.
import type { Forwarded } from './forward.ts'

export interface HeldRequests {
  readonly isEmpty: () => boolean
  /** Until it leaves, its client goes away, or it is refused with a reason. */
  hold(one: Forwarded, timeoutMs: number): void
  /** Lets go each that there is room for; `hasRoom` is asked again after each. */
  release(hasRoom: (one: Forwarded) => boolean, send: (one: Forwarded) => void): void
}

interface Held {
  readonly one: Forwarded
  readonly timer: NodeJS.Timeout
}

/** Knative lets ten times the container's concurrency wait in an instance, and more in the activator. */
const maxHeld = 1_000

export function createHeldRequests(refuse: (one: Forwarded, reason: string) => void): HeldRequests {
  const all: Held[] = []

  function drop(held: Held): void {
    clearTimeout(held.timer)
    const index = all.indexOf(held)
    if (index >= 0) all.splice(index, 1)
  }

  return {
    isEmpty: () => all.length === 0,
    hold(one, timeoutMs) {
      if (all.length >= maxHeld) return refuse(one, 'too many requests are waiting for this function')
      const timer = setTimeout(() => {
        drop(held)
        refuse(one, `no instance of this function took the request within ${timeoutMs / 1_000} s`)
      }, timeoutMs)
      const held: Held = { one, timer }
      one.response.once('close', () => drop(held))
      all.push(held)
    },
    release(hasRoom, send) {
      for (const held of all.slice()) {
        if (!hasRoom(held.one)) continue
        drop(held)
        send(held.one)
      }
    }
  }
}
