// One event, sent to the one function it is for: the same id, source and bytes.
import type { EventAttributes } from '../shared/received-event.ts'

export interface SendResult {
  readonly outcome: 'done' | 'refused' | 'try-again'
  /** Null when there was no answer. */
  readonly status: number | null
  readonly detail: string
}

/** Of an answer's body that is kept as detail. */
const maxDetailLength = 500

/**
 * Structured mode, because attributes are UTF-8 there: a header could not carry every id as it was.
 * Never throws: what went wrong is the result.
 */
export async function sendEvent(
  url: string,
  event: { readonly attributes: EventAttributes; readonly data: Buffer },
  timeoutMs: number
): Promise<SendResult> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') }),
      signal: AbortSignal.timeout(timeoutMs)
    })
    const detail = (await response.text()).slice(0, maxDetailLength)
    const refused = response.status === 422 || response.status === 400
    return { outcome: response.ok ? 'done' : refused ? 'refused' : 'try-again', status: response.status, detail }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { outcome: 'try-again', status: null, detail: cause instanceof Error ? cause.message : String(cause) }
  }
}
