// W3C trace context: the trace goes on under the same id with a span of ours. https://www.w3.org/TR/trace-context/
import { randomBytes } from 'node:crypto'

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The traceparent to send on, or undefined when there is none worth it. */
export function continueTrace(incoming: string | undefined): string | undefined {
  const match = incoming === undefined ? null : traceparent.exec(incoming)
  if (!match || incoming?.startsWith('ff') || /^0+$/.test(match[1] ?? '') || /^0+$/.test(match[2] ?? ''))
    return undefined
  return `00-${match[1]}-${randomBytes(8).toString('hex')}-${match[3]}`
}
