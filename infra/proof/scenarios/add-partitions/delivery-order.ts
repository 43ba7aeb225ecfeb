// What the order of deliveries would have done to a function that applies what it is sent, when it is sent.
import type { Delivery } from '../stage/delivery-log.ts'

export interface DeliveryOrder {
  readonly deliveries: number
  /** Before an earlier event of the same student. */
  readonly early: number
  /** Students of whom the last event delivered was not the last one. */
  readonly stale: readonly string[]
}

/** Of one function. */
export function orderOf(deliveries: readonly Delivery[]): DeliveryOrder {
  let early = 0
  const stale: string[] = []
  for (const [student, own] of Map.groupBy(deliveries, delivery => delivery.student)) {
    let earliestBehind = Infinity
    for (const { sequence } of own.toReversed()) {
      if (sequence > earliestBehind) early++
      earliestBehind = Math.min(earliestBehind, sequence)
    }
    const newest = Math.max(...own.map(({ sequence }) => sequence))
    if (own.at(-1)?.sequence !== newest) stale.push(student)
  }
  return { deliveries: deliveries.length, early, stale }
}
