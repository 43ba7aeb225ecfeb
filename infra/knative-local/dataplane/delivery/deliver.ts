// One event to one sink: attempts, what is retried, and how it ended.
import type { Delivery } from '../../manifests/plan.ts'
import { backoffMs, retriesOf } from './backoff.ts'
import type { EventRequest } from '../events/event-to-request.ts'

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
  | { readonly delivered: false; readonly response: SinkResponse | undefined; readonly error: string }

/** What a delivery needs from outside; `wait` resolves false when the delivery is to be given up (the partition is gone). */
export interface DeliveryPorts {
  readonly send: Send
  readonly wait: (ms: number) => Promise<boolean>
  /** Called at each attempt that failed. */
  readonly failed: (attempt: FailedAttempt) => void
}

export interface FailedAttempt {
  /** 1 is the first. */
  readonly attempt: number
  /** As many attempts as there are at most. */
  readonly of: number
  readonly url: string
  /** `answered 503`, or why there was no answer. */
  readonly how: string
  /** The wait before the next attempt; undefined when this was the last one. */
  readonly nextInMs: number | undefined
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
    const nextInMs = mayRetry && attempt < retries ? backoffMs(delivery, attempt + 1) : undefined
    ports.failed({ attempt: attempt + 1, of: retries + 1, url, how: result.how, nextInMs })
    if (nextInMs === undefined) return { delivered: false, response: result.response, error: `${url} ${result.how}` }
    if (!(await ports.wait(nextInMs))) throw new DeliveryAbandoned()
  }
}

type AttemptResult =
  | { readonly delivered: true; readonly response: SinkResponse }
  | { readonly delivered: false; readonly response: SinkResponse | undefined; readonly how: string }

async function attemptOnce(url: string, request: EventRequest, timeoutMs: number, send: Send): Promise<AttemptResult> {
  try {
    const response = await send(url, request, timeoutMs)
    return response.status < 300
      ? { delivered: true, response }
      : { delivered: false, response, how: `answered ${response.status}` }
  } catch (error) {
    if (error instanceof DeliveryAbandoned) throw error
    return { delivered: false, response: undefined, how: `did not answer: ${(error as Error).message}` }
  }
}
