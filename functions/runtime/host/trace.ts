// W3C trace context, as far as an event needs it: one trace id from the HTTP request to the last function.
// https://www.w3.org/TR/trace-context/
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { currentSpan } from './tracing/spans.ts'

const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * The next hop's traceparent: the span that is under way. Where none are made it is the same trace with a new span, or a new
 * trace where there was none.
 */
export function nextTraceparent(incoming: string | undefined): string {
  const underWay = currentSpan()
  if (underWay !== undefined) return underWay.traceparent
  const span = randomBytes(8).toString('hex')
  if (incoming === undefined || !valid.test(incoming)) return `00-${randomBytes(16).toString('hex')}-${span}-01`
  return `${incoming.slice(0, 36)}${span}${incoming.slice(52)}`
}

/**
 * An event's trace is that of its own attribute: the HTTP header of a delivery can be another event's, because Knative's
 * dispatcher sends several at once. The header counts for an event that names no trace.
 */
export function traceparentOf(
  attributes: { readonly traceparent?: string },
  headers: IncomingHttpHeaders
): string | undefined {
  return [attributes.traceparent, headers.traceparent?.toString()].find(one => one !== undefined && valid.test(one))
}

export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent !== undefined && valid.test(traceparent) ? traceparent.slice(3, 35) : undefined
}
