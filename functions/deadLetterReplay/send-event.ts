// One event, sent to the one function it is for: the same id, source and bytes.
import type { EventAttributes } from '../runtime/events/received-event.ts'

export interface SendResult {
  readonly outcome: 'done' | 'refused' | 'try-again'
  /** Null when there was no answer. */
  readonly status: number | null
  readonly detail: string
}

/** Of an answer's body that is kept as detail. */
const maxDetailLength = 500

/** Header values that arrive as they were sent. https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md */
const printableAscii = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

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

/** Binary mode; structured where an attribute is not ASCII, because a header could not carry it as it was. */
function asMessage({ attributes, data }: { readonly attributes: EventAttributes; readonly data: Buffer }) {
  const { datacontenttype, ...others } = attributes
  if (Object.values(attributes).every(value => printableAscii.test(value))) {
    const headers = Object.entries(others).map(([name, value]): [string, string] => [`ce-${name}`, value])
    if (datacontenttype !== undefined) headers.push(['content-type', datacontenttype])
    return { headers, body: new Uint8Array(data) }
  }
  return {
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...attributes, data_base64: data.toString('base64') })
  }
}
