// An event of any type as the data plane delivers it, for tests of the functions.
import type { EventType } from '../../functions/runtime/events/event-type.ts'
import type { EventAttributes, ReceivedEvent } from '../../functions/runtime/events/received-event.ts'

export function testEvent<Data, Input>(
  type: EventType<Data, Input>,
  input: Input,
  changes: EventAttributes = {}
): ReceivedEvent {
  const attributes = {
    specversion: '1.0',
    id: 'event-1',
    source: '/test',
    type: type.type,
    subject: 'subject-1',
    time: '2026-01-02T03:04:05.000Z',
    datacontenttype: type.contentType,
    ...changes
  }
  const { id, source, subject, time, datacontenttype: contentType } = attributes
  const data = type.encode(type.create(input))
  return { id, source, type: attributes.type, subject, time, contentType, data, attributes }
}
