// What a dead letter says about its failure: extensions on the event, as Knative adds them.
// https://knative.dev/docs/eventing/event-delivery/
import { isExtensionName, type CloudEvent } from './cloud-event.ts'
import type { SinkResponse } from './deliver.ts'

const MAX_ERROR_DATA_BYTES = 1024

export function deadLetter(event: CloudEvent, destination: string, response?: SinkResponse): CloudEvent {
  const extensions = new Map(event.extensions)
  extensions.set('knativeerrordest', destination)
  if (response !== undefined) {
    extensions.set('knativeerrorcode', String(response.status))
    for (let i = 0; i + 1 < response.headers.length; i += 2) {
      const header = response.headers[i]?.toLowerCase() ?? ''
      if (!header.startsWith('kne-')) continue
      const name = header.slice('kne-'.length)
      // A name that is no extension name hangs the original's partition for good; here it is left out.
      if (isExtensionName(name)) extensions.set(name, response.headers[i + 1] ?? '')
    }
    if (response.body.length > 0) {
      extensions.set('knativeerrordata', response.body.subarray(0, MAX_ERROR_DATA_BYTES).toString('base64'))
    }
  }
  // The original rebuilds the event as 1.0, whatever it was; schemaurl becomes dataschema.
  return { ...event, specversion: '1.0', extensions }
}
