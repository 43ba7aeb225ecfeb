// Events of which each is answered in another way.
import { studentEvent } from '../../../../infra/test/student-event.ts'
import type { ReceivedEvent } from '../../events/received-event.ts'
import type { Database } from '../../host/database.ts'
import { deadLetters } from '../../tables/letters.ts'
import { deliverInOrder } from '../deliver-in-order.ts'
import { recorder } from './together-recorder.ts'

export const kinds = [
  'plain',
  'done',
  'early',
  'refused',
  'breaks',
  'undecodable',
  'has a letter',
  'discarded',
  'misused id'
] as const

/** The event of a kind for an entity that has been prepared for it. */
export function eventOf(kind: (typeof kinds)[number], id: string): ReceivedEvent {
  if (kind === 'early') return studentEvent({ id, version: 3 })
  if (kind === 'refused' || kind === 'breaks') return studentEvent({ id, version: 1, name: kind })
  const ofRecord = { knativekafkapartition: '0', knativekafkaoffset: '1' }
  if (kind === 'undecodable')
    return studentEvent({ id, version: 1 }, { data: Buffer.from([0xff]), attributes: ofRecord })
  if (kind === 'misused id') return studentEvent({ id, version: 2 }, { attributes: { id: `event-${id}-1` } })
  return studentEvent({ id, version: 1 })
}

/** Leaves what an event of that kind must meet. */
export async function prepare(db: Database, kind: (typeof kinds)[number], id: string): Promise<void> {
  const event = eventOf('plain', id)
  if (kind === 'done' || kind === 'misused id') await deliverInOrder(db, recorder, event)
  if (kind === 'has a letter') await db.insert(deadLetters).values(letterOf(event, 'open'))
  if (kind === 'discarded') await db.insert(deadLetters).values(letterOf(event, 'discarded'))
}

/** Of the first event of its entity. */
export function letterOf({ source, id, subject, attributes, data }: ReceivedEvent, state: 'open' | 'discarded') {
  return {
    id: crypto.randomUUID(),
    function: recorder.name,
    source,
    eventId: id,
    entity: subject ?? '',
    sequence: 1,
    class: 'permanent' as const,
    reason: 'refused',
    detail: 'refused for the test',
    state,
    attributes,
    data
  }
}
