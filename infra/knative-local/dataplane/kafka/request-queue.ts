// The timers of kafkajs' connections, of which a data plane has fifty: they cost an idle one more than all that it asks Kafka.

interface Request {
  readonly sentAt: number
  readonly requestTimeout: number
  timeoutRequest(): void
}

/** kafkajs/src/network/requestQueue/index.js */
export interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly inflight: ReadonlyMap<number, Request>
  readonly requestTimeout: number
  readonly enforceRequestTimeout: boolean
  requestTimeoutIntervalId: NodeJS.Timeout
  isConnected(): boolean
  destroy(): void
  scheduleCheckPendingRequests(): void
  scheduleRequestTimeoutCheck(): void
}

/** Requests have 30 s; kafkajs looks ten times a second whether that is over. */
const lookForLateMs = 1000

/** Of every connection, by what they are made from. */
export function rest(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests
  // kafkajs' own sets a timer of -1 ms, which Node takes for 1 ms, after every answer, and each of these timers sets the next.
  queue.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this)
  }
  queue.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return
    this.destroy()
    this.requestTimeoutIntervalId = setInterval(
      () => {
        for (const request of this.inflight.values()) {
          if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest()
        }
        if (!this.isConnected()) this.destroy()
      },
      Math.min(this.requestTimeout, lookForLateMs)
    )
  }
}
