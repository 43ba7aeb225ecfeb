import { InvalidEvent } from '../errors.ts'
import { typesOf } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { DeliveredFunction } from './delivered-function.ts'

/**
 * What no record of Kafka and no writer of ours stands behind, such as a bare `func invoke`, leaves no letter: whoever sent it
 * gets the answer, and nobody else misses it. From a KafkaSource, whatever it is, it has a partition and an offset.
 *
 * @throws InvalidEvent
 */
export function refuseStray(
  { accepts }: Pick<DeliveredFunction, 'accepts'>,
  { type, subject, attributes }: ReceivedEvent
): void {
  if (attributes.knativekafkapartition !== undefined || attributes.knativekafkaoffset !== undefined) return
  if (!typesOf(accepts).includes(type)) {
    throw new InvalidEvent(`type ${type} is not taken here; expected ${typesOf(accepts).join(' or ')}`)
  }
  if (!subject) throw new InvalidEvent('no subject: it does not say what it is about')
}
