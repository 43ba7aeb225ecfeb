import type { Delivery } from '../../manifests/plan.ts'

/** The wait before retry `retry` (1 is the first): no jitter and no cap, as in Knative's Kafka data plane. */
export function backoffMs(delivery: Pick<Delivery, 'backoffPolicy' | 'backoffDelayMs'>, retry: number): number {
  return delivery.backoffPolicy === 'linear' ? delivery.backoffDelayMs * retry : delivery.backoffDelayMs * 2 ** retry
}

/** A delay of 0 means no retry at all: the original's timer refuses it and the event goes straight to the dead letter sink. */
export function retriesOf(delivery: Pick<Delivery, 'retry' | 'backoffDelayMs'>): number {
  return delivery.backoffDelayMs > 0 ? delivery.retry : 0
}
