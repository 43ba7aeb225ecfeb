import { expect, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { timeline } from '../students/tables.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative, published } from './testing/events.ts'
import { command, letters } from './testing/operator.ts'

const start = startFunctions('any')

test('a letter whose event is only held stays open until it is applied', async () => {
  const { replay, any, db } = await start()
  await published(db, { version: 1 })
  const early = await published(db, { version: 2 })
  await deliver(replay, fromKnative(early, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  expect(await command(replay, {})).toMatchObject({ replayed: [{ state: 'open' }] })
  expect(await letters(replay)).toMatchObject([{ detail: expect.stringContaining('held') }])
  await deliver(any, studentEvent({ version: 1 }))
  expect(await db.$count(timeline)).toBe(2)
  expect(await letters(replay)).toMatchObject([{ state: 'resolved' }])
})

test('a held event shows behind the letter that holds it', async () => {
  const { replay, db } = await start()
  const broken = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await expect(deliverInOrder(db, onAnyStudent, broken)).rejects.toThrow('data is not')
  await deliverInOrder(db, onAnyStudent, studentEvent({ version: 2 }))
  expect(await letters(replay)).toMatchObject([{ held: 1 }])
  expect(await db.$count(timeline)).toBe(0)
})

test('a letter whose place another event has taken holds nothing back', async () => {
  const { replay, db } = await start()
  const first = studentEvent({ version: 1 })
  await deliverInOrder(db, onAnyStudent, first)
  const reused = studentEvent({ version: 2 }, { attributes: { id: first.id } })
  await expect(deliverInOrder(db, onAnyStudent, reused)).rejects.toThrow('has been handled')
  await deliverInOrder(db, onAnyStudent, studentEvent({ version: 4 }))
  expect(await letters(replay)).toMatchObject([{ reason: 'event-id-reused', held: 1 }])
  await deliverInOrder(db, onAnyStudent, studentEvent({ version: 2 }))
  expect(await letters(replay)).toMatchObject([{ reason: 'event-id-reused', held: 0 }])
})
