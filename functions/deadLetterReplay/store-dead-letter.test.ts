import { expect, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative } from './testing/events.ts'
import { letters } from './testing/operator.ts'

const start = startFunctions('create')

test('Knative’s copy of a letter adds its status and changes nothing else', async () => {
  const { replay, create } = await start()
  const event = studentEvent({ version: 1 })
  await deliver(create, event)
  expect((await deliver(replay, fromKnative(event, { knativeerrorcode: '422' }), '/dead-letters')).status).toBe(204)
  expect(await letters(replay)).toMatchObject([
    { reason: 'user-not-found', class: 'permanent', status: 422, attempts: 1 }
  ])
})

test('a letter that only Knative saw is kept with what Knative knows', async () => {
  const { replay } = await start()
  const reached = fromKnative(studentEvent({ version: 1 }), { knativeerrorcode: '503' })
  const unreached = fromKnative(studentEvent({ version: 2 }), {})
  await deliver(replay, reached, '/dead-letters')
  await deliver(replay, unreached, '/dead-letters')
  const [newer, older] = await letters(replay)
  expect(older).toMatchObject({ class: 'exhausted', reason: 'retries-exhausted', status: 503, state: 'open' })
  expect(newer).toMatchObject({ class: 'unreachable', reason: 'unreachable', status: null, state: 'open' })
  expect(Object.keys(older?.event ?? {})).not.toContain('knativeerrordest')
})

test('a producer’s own class, reason and detail stay its own on a letter that only Knative saw', async () => {
  const { replay } = await start()
  const own = { class: 'permanent', reason: 'winter', detail: 'of the producer' }
  for (const [version, knativeerrorcode] of [
    [1, '503'],
    [2, '404']
  ] as const) {
    await deliver(replay, fromKnative(studentEvent({ version }), { ...own, knativeerrorcode }), '/dead-letters')
  }
  const { knativeerrorcode: _, ...unanswered } = fromKnative(studentEvent({ version: 3 }), own).attributes
  await deliver(replay, { ...studentEvent({ version: 3 }), attributes: unanswered }, '/dead-letters')
  expect(await letters(replay)).toMatchObject([
    { reason: 'unreachable', event: own },
    { reason: 'retries-exhausted', event: own },
    { reason: 'retries-exhausted', event: own }
  ])
})

test('a letter that a function refused, and could not record itself, has the reason of its answer', async () => {
  const { replay } = await start()
  const said = { class: 'invalid', reason: 'invalid-event', detail: 'cut', knativeerrorcode: '422' }
  await deliver(replay, fromKnative(studentEvent({ version: 1 }), said), '/dead-letters')
  const [letter] = await letters(replay)
  expect(letter).toMatchObject({ class: 'invalid', reason: 'invalid-event', detail: 'cut' })
  expect(Object.keys(letter?.event ?? {})).not.toContain('reason')
})

test('a letter about an event that was handled since is kept as resolved', async () => {
  const { replay, db } = await start()
  const event = studentEvent({ version: 1 })
  await deliverInOrder(db, onAnyStudent, event)
  await deliver(replay, fromKnative(event, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ function: 'onAnyStudent', state: 'resolved' }])
})

test('without a name on it, a letter belongs to the function at the address that did not answer', async () => {
  const { replay, create } = await start()
  const letter = fromKnative(studentEvent({ version: 1 }), { knativeerrordest: `${create.url}/` })
  const { function: _, ...attributes } = letter.attributes
  await deliver(replay, { ...letter, attributes }, '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ function: 'onStudentCreate' }])
})
