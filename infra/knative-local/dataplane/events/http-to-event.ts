// An HTTP message becomes a CloudEvent: what an ingress receives and what a Trigger's subscriber replies.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import type { CloudEvent } from './cloud-event.ts'
import { EventBuilder, NotACloudEvent, specVersion } from './event-builder.ts'
import { readStructuredEvent, STRUCTURED_JSON } from './structured-event.ts'

/** `headers`: names and values in turn, as received. Values are not percent-decoded, as in the original. Throws NotACloudEvent. */
export function httpToEvent(headers: readonly string[], body: Buffer): CloudEvent {
  const contentType = firstHeader(headers, 'content-type')
  const mediaType = contentType?.split(';', 1)[0] ?? ''
  if (mediaType === STRUCTURED_JSON) return readStructuredEvent(body)
  if (mediaType.startsWith('application/cloudevents')) throw new NotACloudEvent(`${mediaType} is not supported`)

  const event = new EventBuilder(specVersion(firstHeader(headers, 'ce-specversion')))
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase() ?? ''
    const value = headers[i + 1] ?? ''
    if (name === 'content-type') event.set('datacontenttype', value)
    else if (name.startsWith('ce-') && name.length > 3 && name !== 'ce-specversion') event.set(name.slice(3), value)
  }
  return event.build(body.length > 0 ? body : null)
}

export function firstHeader(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1]
  }
  return undefined
}
