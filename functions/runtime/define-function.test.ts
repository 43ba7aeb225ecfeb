import pino from 'pino'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { asMessage, studentCreated, studentUpdated, type Student } from '../students/student-events.ts'
import { contextOfDelivery, type DeliveryContext } from './define-function.ts'
import { deliverInOrder } from './delivery/deliver-in-order.ts'
import { createPublisher } from './events/publisher.ts'
import type { EventType, TypedEvent } from './events/event-type.ts'
import { outbox } from './tables/publishing.ts'

test('what a function publishes for an event that was held is of that event’s trace, not of the one that released it', async () => {
  const { db } = await testDatabase()
  const topics = { ECHOES: 'echoes' }
  const publisher = createPublisher(db, { source: '/echo', publications: { ECHOES: studentUpdated }, topics })
  const echo = {
    name: 'echo',
    accepts: [studentCreated, studentUpdated] as readonly EventType<Student>[],
    handle: ({ data }: TypedEvent<Student>, context: object) =>
      (context as DeliveryContext).publish(studentUpdated, asMessage(data, new Date()))
  }
  const deliver = (version: number, digit: string) => {
    const traceparent = `00-${digit.repeat(32)}-${'1'.repeat(16)}-01`
    const event = studentEvent({ version }, { attributes: { traceparent } })
    return deliverInOrder(db, echo, event, contextOfDelivery(publisher, pino({ enabled: false }), traceparent))
  }
  expect(await deliver(2, 'b')).toBe('held')
  expect(await deliver(1, 'a')).toBe('applied')
  const rows = await db.select({ sequence: outbox.sequence, traceparent: outbox.traceparent }).from(outbox)
  expect(rows.map(({ sequence, traceparent }) => [Number(sequence), traceparent.slice(3, 4)])).toEqual([
    [1, 'a'],
    [2, 'b']
  ])
})
