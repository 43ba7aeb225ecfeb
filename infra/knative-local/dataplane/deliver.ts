// One event to one sink: attempts, what is retried, and how it ended.
import type { Delivery } from '../manifests/plan.ts'
import { backoffMs, retriesOf } from './backoff.ts'
import type { EventRequest } from './event-to-request.ts'

export interface SinkResponse {
  readonly status: number
  /** Names and values in turn, as received. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** The body was longer than what is kept of it. */
  readonly truncated?: boolean
}

/** One attempt; rejects when there is no response (refused, reset, timed out). */
export type Send = (url: string, request: EventRequest, timeoutMs: number) => Promise<SinkResponse>

export type DeliveryResult =
  | { readonly delivered: true; readonly response: SinkResponse }
  | { readonly delivered: false; readonly response?: SinkResponse; readonly error: string }

/** What a delivery needs from outside; `wait` resolves false when the delivery is to be given up (the partition is gone). */
export interface DeliveryPorts {
  readonly send: Send
  readonly wait: (ms: number) => Promise<boolean>
  /** An attempt has failed and another one follows, after a wait. */
  readonly retrying: (error: string) => void
}

/** The delivery was given up before it ended: nothing may be committed for its record. */
export class DeliveryAbandoned extends Error {
  override name = 'DeliveryAbandoned'
}

// https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md#event-acknowledgement-and-delivery-retry
export function isRetryable(status: number): boolean {
  return status >= 500 || status === 404 || status === 408 || status === 409 || status === 429
}

export async function deliver(
  url: string,
  request: EventRequest,
  delivery: Delivery,
  ports: DeliveryPorts
): Promise<DeliveryResult> {
  const retries = retriesOf(delivery)
  for (let attempt = 0; ; attempt++) {
    const result = await attemptOnce(url, request, delivery.timeoutMs, ports.send)
    if (result.delivered) return result
    const mayRetry = result.response === undefined || isRetryable(result.response.status)
    if (!mayRetry || attempt >= retries) return result
    ports.retrying(result.error)
    if (!(await ports.wait(backoffMs(delivery, attempt + 1)))) throw new DeliveryAbandoned()
  }
}

async function attemptOnce(url: string, request: EventRequest, timeoutMs: number, send: Send): Promise<DeliveryResult> {
  try {
    const response = await send(url, request, timeoutMs)
    return response.status < 300
      ? { delivered: true, response }
      : { delivered: false, response, error: `${url} answered ${response.status}` }
  } catch (error) {
    if (error instanceof DeliveryAbandoned) throw error
    return { delivered: false, error: `${url}: ${(error as Error).message}` }
  }
}
