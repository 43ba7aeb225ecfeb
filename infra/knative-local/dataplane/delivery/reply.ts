// What a Trigger's subscriber answers: an event goes to the Broker's topic, nothing is fine, anything else is a failed delivery.
import type { CloudEvent } from '../events/cloud-event.ts'
import type { SinkResponse } from './deliver.ts'
import { NotACloudEvent } from '../events/event-builder.ts'
import { eventBudget, whyNotCarried } from '../events/header-budget.ts'
import { httpToEvent } from '../events/http-to-event.ts'

export type Reply = { readonly event?: CloudEvent } | { readonly invalid: string }

export function readReply(response: SinkResponse): Reply {
  if (response.truncated) return { invalid: `the reply is larger than ${response.body.length} bytes` }
  try {
    const event = httpToEvent(response.headers, response.body)
    const reason = whyNotCarried(event, eventBudget)
    return reason === undefined ? { event } : { invalid: reason }
  } catch (error) {
    if (!(error instanceof NotACloudEvent)) throw error
    if (response.body.length === 0) return {}
    return { invalid: `the reply has a body but is no CloudEvent (${error.message})` }
  }
}
