import { attribute, type CloudEvent } from '../events/cloud-event.ts'
import { timeAsText } from '../events/timestamp.ts'
import type { Value } from './values.ts'

/** Names are exact; only extensions of a structured event can be integers and booleans. */
export function cesqlAttribute(event: CloudEvent, name: string): Value | undefined {
  if (name === 'time' && event.time !== undefined) return timeAsText(event.time)
  return event.extensions.get(name) ?? attribute(event, name)
}
