import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import { fences } from '../runtime/tables/deliveries.ts'
import { directory, timeline, users } from '../students/tables.ts'
import { advanceFences } from './held-events.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative, published, user } from './testing/events.ts'
import { command, letters, send } from './testing/operator.ts'

const start = startFunctions('create', 'any')

test('a letter whose event nobody published is kept, shown as such, and sent only when a person says so', async () => {
  const { replay, db } = await start()
  await db.insert(users).values(user)
  const real = await published(db, { version: 1 })
  const forgeries = [
    studentEvent({ id: 'ghost', version: 1 }),
    { ...real, data: studentEvent({ version: 1, userId: 'user-2' }).data },
    { ...real, attributes: { ...real.attributes, type: 'school.student.v1.StudentUpdated' } }
  ]
  for (const forged of forgeries) {
    await deliver(replay, fromKnative(forged, { knativeerrorcode: '503' }), '/dead-letters')
  }
  expect((await letters(replay)).map(({ state, origin }) => `${state} ${origin}`)).toEqual(
    Array(3).fill('open unverified')
  )
  expect(await command(replay, { dryRun: true })).toMatchObject({
    warnings: [expect.stringContaining('3 letters are of unknown')]
  })
  expect(await command(replay, { force: true })).toMatchObject({ job: { progress: { skipped: 3 } } })
  expect(await db.$count(directory)).toBe(0)
  const event = { specversion: '1.0', id: 'r', source: '/t', type: 'school.student.v1.ReplayDeadLetters' }
  const attributes = { ...event, datacontenttype: 'application/json' }
  const byEvent = await deliver(replay, { ...event, attributes, data: Buffer.from('{"unverified":true}') })
  expect([byEvent.status, byEvent.headers.get('kne-detail')]).toEqual([422, 'unverified: unknown field'])

  const [, , ghost] = await letters(replay)
  const edit = { reason: 'x', data: { id: 'ghost', userId: 'user-1', name: 'x', email: 'x@example.com', version: 1 } }
  expect(await send(replay, `/${ghost?.id}/resend`, edit)).toMatchObject({ status: 409 })
  const said = await command(replay, { ids: [ghost?.id], unverified: true })
  expect(said).toMatchObject({ job: { progress: { resolved: 1 } } })
})

test('a letter is replayed whose event was published, and whose function could not record it', async () => {
  const { replay, db } = await start()
  await db.insert(users).values(user)
  await deliver(replay, fromKnative(await published(db, { version: 1 }), { knativeerrorcode: '503' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ origin: 'published' }])
  expect(await command(replay, {})).toMatchObject({ job: { progress: { resolved: 1 } } })
})

test('a command that reached no function is replayed: it has no other origin than its sender', async () => {
  const { replay } = await start()
  const event = { id: 'c', source: '/t', type: 'school.student.v1.CreateStudent', data: Buffer.from('{}') }
  const attributes = { specversion: '1.0', id: event.id, source: event.source, type: event.type }
  await deliver(replay, fromKnative({ ...event, attributes }, { function: 'away' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ function: 'away', origin: 'command' }])
})

test('a forged letter gives up no place, whatever becomes of it', async () => {
  const { replay, any, db } = await start()
  const real = await published(db, { version: 1 })
  const forged = { ...real, data: Buffer.from('forged') }
  await deliver(replay, fromKnative(forged, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  const [letter] = await letters(replay)
  expect(letter).toMatchObject({ origin: 'unverified', held: 0 })
  const discarded = await send(replay, `/${letter?.id}/discard`, { reason: 'forged' })
  expect(discarded).toMatchObject({ body: { fenceMoved: false } })
  await advanceFences(db)
  expect((await deliver(any, real)).status).toBe(204)
  expect(await db.select().from(timeline)).toMatchObject([{ eventId: real.id, sequence: 1 }])
})

test('an event that fails in its function takes over the letter that was forged of it', async () => {
  const { replay, create, db } = await start()
  const real = await published(db, { version: 1 })
  const forged = { ...real, attributes: { ...real.attributes, type: 'school.student.v1.StudentUpdated' } }
  await deliver(replay, fromKnative(forged, { knativeerrorcode: '503' }), '/dead-letters')
  await deliver(create, real)
  expect(await letters(replay)).toMatchObject([
    { origin: 'delivered', reason: 'user-not-found', event: { type: 'school.student.v1.StudentCreated' } }
  ])
})

test('giving up junk in the place of a published event moves no fence over that one', async () => {
  const { replay, any, db } = await start()
  const real = await published(db, { version: 1 })
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from('junk'), attributes: { id: uuidv7() } }))
  const [letter] = await letters(replay)
  const discarded = await send(replay, `/${letter?.id}/discard`, { reason: 'junk' })
  expect(discarded).toMatchObject({ body: { fenceMoved: false } })
  await advanceFences(db)
  await deliver(any, real)
  expect(await db.select().from(timeline)).toMatchObject([{ eventId: real.id }])
})

test('the address that Knative sent an event to names its function, not the event', async () => {
  const { replay, create, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }))
  const claimed = { subject: 'student-1', sequence: '0000000002', function: 'onAnyStudent' }
  const junk = studentEvent({ version: 1 }, { attributes: { id: 'junk' } })
  const sent = fromKnative(junk, { ...claimed, knativeerrorcode: '400', knativeerrordest: `${create.url}/` })
  await deliver(replay, sent, '/dead-letters')
  const [letter] = await letters(replay)
  expect(letter).toMatchObject({ function: 'onStudentCreate' })
  await send(replay, `/${letter?.id}/discard`, { reason: 'junk' })
  expect(await db.select().from(fences).where(eq(fences.function, 'onAnyStudent'))).toMatchObject([{ sequence: 1 }])
})
