import { type EventType, firstSequenceOf, typesOf } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import { type Place, positionOf, predecessorOf } from './position.ts'

/** An event's place as a function sees it that accepts these types; undefined when the event is of no entity's order. */
export function placeOf(
  accepts: readonly EventType[],
  event: Pick<ReceivedEvent, 'subject' | 'attributes'>
): Place | undefined {
  const position = positionOf(event)
  if (position === undefined) return undefined
  const { predecessors } = event.attributes
  return { ...position, predecessor: predecessorOf(position, predecessors, typesOf(accepts), firstSequenceOf(accepts)) }
}
