// One event, sent to the one function it is for: the same id, source and bytes.
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { currentSpan } from '../runtime/host/tracing/spans.ts'

export interface SendResult {
  readonly outcome: 'done' | 'refused' | 'try-again'
  /** Null when there was no answer. */
  readonly status: number | null
  readonly detail: string
}

/** Of an answer's body that is kept as detail. */
const maxDetailLength = 500

/** Header values that arrive as they are, neither trimmed, unquoted nor percent-decoded: see header-values.ts. */
const plainHeader = /^(?!.*["%])[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/
/** Of all headers in one request; a server refuses 8 to 16 KiB. */
const maxHeaderBytes = 4_096

export interface Sendable {
  readonly function: string
  readonly attributes: EventAttributes
  readonly data: Buffer
}
export type Send = (event: Sendable) => Promise<SendResult>

/** Sends each event to the function that it names. */
export function createSender(functionUrls: ReadonlyMap<string, string>, timeoutMs: number, stop: AbortSignal): Send {
  return async event => {
    const url = functionUrls.get(event.function)
    if (url !== undefined) return sendEvent(url, event, timeoutMs, stop)
    return { outcome: 'refused', status: null, detail: `no address is configured for the function ${event.function}` }
  }
}

/** Never throws: what went wrong is the result. `stop` breaks the delivery off. */
export async function sendEvent(
  url: string,
  event: { readonly attributes: EventAttributes; readonly data: Buffer },
  timeoutMs: number,
  stop: AbortSignal
): Promise<SendResult> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      ...asMessage(event),
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stop])
    })
    const detail = (await response.text()).slice(0, maxDetailLength)
    const refused = [400, 413, 415, 422].includes(response.status)
    return { outcome: response.ok ? 'done' : refused ? 'refused' : 'try-again', status: response.status, detail }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { outcome: 'try-again', status: null, detail: cause instanceof Error ? cause.message : String(cause) }
  }
}

/** Binary mode; structured where headers could not carry an attribute as it is, or not all of them. */
function asMessage({ attributes, data }: { readonly attributes: EventAttributes; readonly data: Buffer }) {
  const { datacontenttype, ...others } = attributes
  const span = currentSpan()
  const trace: [string, string][] = span === undefined ? [] : [['traceparent', span.traceparent]]
  const headerBytes = Object.entries(attributes).reduce((sum, [name, value]) => sum + name.length + value.length + 8, 0)
  if (headerBytes <= maxHeaderBytes && Object.values(attributes).every(value => plainHeader.test(value))) {
    const headers = [
      ...trace,
      ...Object.entries(others).map(([name, value]): [string, string] => [`ce-${name}`, value])
    ]
    if (datacontenttype !== undefined) headers.push(['content-type', datacontenttype])
    return { headers, body: new Uint8Array(data) }
  }
  return {
    headers: [...trace, ['content-type', 'application/cloudevents+json'] as [string, string]],
    body: JSON.stringify({ ...attributes, data_base64: data.toString('base64') })
  }
}
