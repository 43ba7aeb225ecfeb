// What a dead letter says about its failure: extensions on the event, as Knative adds them.
// https://knative.dev/docs/eventing/event-delivery/
import { isExtensionName, type CloudEvent, type ExtensionValue } from '../events/cloud-event.ts'
import type { SinkResponse } from './deliver.ts'
import { normaliseTime } from '../events/timestamp.ts'
import { isUri } from '../events/uri.ts'

const MAX_ERROR_DATA_BYTES = 1024

/** `unsendable` is why no request could be made of the event, for which the original has no word. */
export function deadLetter(
  event: CloudEvent,
  destination: string,
  response?: SinkResponse,
  unsendable?: string
): CloudEvent {
  const { attributes, extensions } = rebuilt(event)
  extensions.set('knativeerrordest', destination)
  if (unsendable !== undefined) extensions.set('knativeerrordata', Buffer.from(unsendable).toString('base64'))
  if (response !== undefined) {
    extensions.set('knativeerrorcode', String(response.status))
    for (let i = 0; i + 1 < response.headers.length; i += 2) {
      const header = response.headers[i]?.toLowerCase() ?? ''
      if (!header.startsWith('kne-')) continue
      const name = header.slice('kne-'.length)
      // A name that is no extension name hangs the original's partition permanently; here it is left out.
      if (isExtensionName(name)) extensions.set(name, response.headers[i + 1] ?? '')
    }
    if (response.body.length > 0) {
      extensions.set('knativeerrordata', response.body.subarray(0, MAX_ERROR_DATA_BYTES).toString('base64'))
    }
  }
  return { ...event, ...attributes, extensions }
}

const anyText = (value: string): string => value
const uri = (value: string): string | undefined => (isUri(value) ? value : undefined)
const builders: Readonly<Record<string, (value: string) => string | undefined>> = {
  id: anyText,
  source: uri,
  type: anyText,
  datacontenttype: anyText,
  dataschema: uri,
  subject: anyText,
  time: normaliseTime,
  specversion: () => undefined
}

/**
 * The original rebuilds the event as 1.0, whatever it was (schemaurl becomes dataschema), and what ceOverrides called as an
 * attribute is the attribute from then on. A value that the attribute cannot take fails there; here it is left out.
 */
function rebuilt(event: CloudEvent): { attributes: Partial<CloudEvent>; extensions: Map<string, ExtensionValue> } {
  const attributes: Record<string, string> = { specversion: '1.0' }
  const extensions = new Map<string, ExtensionValue>()
  for (const [name, value] of event.extensions) {
    const build = Object.hasOwn(builders, name) ? builders[name] : undefined
    if (build === undefined) {
      extensions.set(name, value)
      continue
    }
    const built = build(String(value))
    if (built !== undefined) attributes[name] = built
  }
  return { attributes, extensions }
}
