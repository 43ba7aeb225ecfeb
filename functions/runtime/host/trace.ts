// W3C trace context, as far as an event needs it: one trace id from the HTTP request to the last function.
// https://www.w3.org/TR/trace-context/
import { randomBytes } from 'node:crypto'

const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The next hop's traceparent: the same trace with a new span, or a new trace where there was none. */
export function nextTraceparent(incoming: string | undefined): string {
  const span = randomBytes(8).toString('hex')
  if (incoming === undefined || !valid.test(incoming)) return `00-${randomBytes(16).toString('hex')}-${span}-01`
  return `${incoming.slice(0, 36)}${span}${incoming.slice(52)}`
}

export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent !== undefined && valid.test(traceparent) ? traceparent.slice(3, 35) : undefined
}
