import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { emptyTables, openTestDatabase, testDatabase } from '../../infra/test/database.ts'
import { functionBundle } from '../../infra/test/function-bundle.ts'
import { eventually, type FunctionProcess, launchFunction, startFunction } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import onStudentCreate from '../onStudentCreate/index.ts'
import type { Database } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { createLog } from '../runtime/host/log.ts'
import { recordLetter } from '../runtime/delivery/dead-letters.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { recordingFailures } from '../runtime/delivery/failures.ts'
import { PermanentFailure } from '../runtime/errors.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'
import { commandAnswers } from '../runtime/tables/commands.ts'
import { fences, heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { outbox } from '../runtime/tables/publishing.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { directory, timeline, users } from '../students/tables.ts'
import { userWithId } from '../students/user-with-id.ts'
import { discardLetter } from './discard-letter.ts'
import { finishLetter } from './finish-letter.ts'
import { advanceFences } from './held-events.ts'
import { leaseLetters } from './lease-letters.ts'
import { ReplayCommand } from './letter-filter.ts'
import { abortReplay, previewReplay, startDueReplay, startReplay } from './replay-job.ts'
import { resendLetter } from './resend-letter.ts'

const firstPlace = { entity: 'student-1', sequence: 1, predecessor: 0 }
const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com' }

test('a letter is read back decoded, with its reason and state', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  expect(await letters(replay)).toEqual([
    expect.objectContaining({
      function: 'onStudentCreate',
      reason: 'user-not-found',
      class: 'permanent',
      state: 'open',
      attempts: 1,
      event: expect.objectContaining({ type: 'school.student.v1.StudentCreated', sequence: '0000000001' }),
      data: expect.objectContaining({ id: 'student-1', userId: 'user-1', version: 1 })
    })
  ])
})

test('a letter is had as the CloudEvent it was, with what is known of the failure as extensions', async () => {
  const { replay, create } = await start()
  const event = studentEvent(
    { version: 1 },
    { attributes: { reason: 'of the producer', letterid: 'of another letter' } }
  )
  await deliver(create, { ...event, attributes: { ...event.attributes, kafkatopic: 'student_create' } })
  const [letter] = await letters(replay)
  const answer = await fetch(`${replay.url}/${letter?.id}`, { headers: { accept: 'application/cloudevents+json' } })
  expect(answer.headers.get('content-type')).toBe('application/cloudevents+json')
  expect(await answer.json()).toEqual({
    ...event.attributes,
    kafkatopic: 'student_create',
    data_base64: event.data.toString('base64'),
    letter2id: letter?.id,
    letter2function: 'onStudentCreate',
    letter2class: 'permanent',
    letter2reason: 'user-not-found',
    letter2detail: 'no user has the id user-1',
    letter2status: 422,
    letter2state: 'open',
    letter2attempts: 1,
    letter2replays: 0,
    letter2topic: 'student_create',
    letter2firstfailed: expect.stringMatching(/^\d{4}-.*Z$/),
    letter2lastfailed: expect.stringMatching(/^\d{4}-.*Z$/)
  })
})

test('a batch of letters is a page of the listing, and its Link leads to the next one', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const first = await readBatch(`${replay.url}/?limit=2&reason=user-not-found`)
  expect(first.subjects).toEqual(['student-3', 'student-2'])
  const last = await readBatch(new URL(first.next ?? '', replay.url).href)
  expect(last).toEqual({ subjects: ['student-1'], next: undefined })
  expect(await readBatch(`${replay.url}/?text=nobody`)).toEqual({ subjects: [], next: undefined })
})

test('a batch ends early where the data of its letters is large', async () => {
  const { replay, db } = await start()
  const letter = { function: 'f', source: '/s', class: 'invalid', reason: 'r', detail: 'd', attributes: {} } as const
  for (const n of [1, 2, 3, 4, 5, 6]) {
    const attributes = { subject: `student-${n}` }
    await db
      .insert(deadLetters)
      .values({ ...letter, id: uuidv7(), eventId: `${n}`, attributes, data: Buffer.alloc(1024 * 1024) })
  }
  const first = await readBatch(replay.url)
  expect(first.subjects).toEqual(['student-6', 'student-5', 'student-4', 'student-3'])
  const last = await readBatch(new URL(first.next ?? '', replay.url).href)
  expect(last).toEqual({ subjects: ['student-2', 'student-1'], next: undefined })
})

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

test('discarding an event whose place another one has moves no fence', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 2 }))
  await deliver(any, studentEvent({ version: 2 }, { attributes: { id: 'rival' } }))
  const [rival] = await letters(replay)
  expect(rival).toMatchObject({ reason: 'sequence-taken', held: 0 })
  const discarded = await send(replay, `/${rival?.id}/discard`, { reason: 'sent twice' })
  expect(discarded).toMatchObject({ body: { fenceMoved: false } })
  await deliver(any, studentEvent({ version: 1 }))
  expect(await db.select().from(timeline)).toMatchObject([{ sequence: 1 }, { eventId: 'event-student-1-2' }])
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

test('a user who appears releases what waited for it, with no further call', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  expect((await deliver(replay, userChange('user-1'), '/users')).status).toBe(204)
  await eventually(
    'the student to be active',
    async () => (await db.$count(directory, eq(directory.status, 'active'))) === 1
  )
  await eventually('the letter to be resolved', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('a user who appears releases nothing that waits for another', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await deliver(replay, userChange('user-2'), '/users')
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, replays: 0 }])
})

test('a dry run says what would be replayed and replays nothing', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const answer = await command(replay, { reason: 'user-not-found', dryRun: true })
  expect(answer).toMatchObject({
    dryRun: true,
    count: 1,
    wouldReplay: [{ function: 'onStudentCreate', student: 'student-1' }]
  })
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, replays: 0 }])
})

test('a dry run that came as an event replays nothing and leaves an answer, as every command does', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  const headers = {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'a-dry-run',
    'ce-source': '/a-test',
    'ce-type': 'school.student.v1.ReplayDeadLetters'
  }
  const response = await fetch(replay.url, { method: 'POST', headers, body: '{"dryRun":true}' })
  expect(response.status).toBe(204)
  expect(await db.select().from(commandAnswers)).toMatchObject([{ key: 'event:/a-test a-dry-run', status: 204 }])
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, replays: 0 }])
})

test('a replay by reason answers what became of each letter, and a second one finds nothing to do', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  expect(await command(replay, { reason: 'another' })).toMatchObject({ count: 0, replayed: [] })
  expect(await command(replay, { reason: 'user-not-found' })).toMatchObject({
    count: 1,
    replayed: [{ state: 'resolved' }]
  })
  expect(await command(replay, {})).toMatchObject({ count: 0 })
  expect(await db.$count(directory)).toBe(1)
})

test('a replay that fails again leaves the letter open, with its history', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  expect(await command(replay, {})).toMatchObject({ replayed: [{ state: 'open' }] })
  expect(await letters(replay)).toMatchObject([{ state: 'open', attempts: 2, replays: 1 }])
})

test('a replay that fails again does not forget which record it was', async () => {
  const { replay, create } = await start()
  const event = studentEvent({ version: 1 })
  const record = { kafkatopic: 'student_create', knativekafkapartition: '3', knativekafkaoffset: '7' }
  await deliver(create, { ...event, attributes: { ...event.attributes, ...record } })
  await command(replay, {})
  expect(await letters(replay)).toMatchObject([{ topic: 'student_create', partition: 3, offset: 7, attempts: 2 }])
})

test('what fails now is retried at once, in order, and Knative’s own try finds it done', async () => {
  const { replay, any, db } = await start()
  const events = [2, 1].map(version => studentEvent({ version }, { attributes: { knativekafkaoffset: `${version}` } }))
  const failing = recordingFailures(db, 'onAnyStudent', createLog('test', 'silent'), () =>
    Promise.reject(new Error('not fixed yet'))
  )
  for (const event of events) await expect(failing(event, undefined)).rejects.toThrow('not fixed yet')
  expect(await send(replay, '/failing/retry', { student: 'student-2' })).toMatchObject({ body: { count: 0 } })
  expect(await send(replay, '/failing/retry', { function: 'onAnyStudent' })).toMatchObject({
    body: {
      count: 2,
      retried: [
        { student: 'student-1', sequence: 1, outcome: 'done', status: 204 },
        { student: 'student-1', sequence: 2, outcome: 'done', status: 204 }
      ]
    }
  })
  expect(await db.select().from(timeline)).toMatchObject([{ sequence: 1 }, { sequence: 2 }])
  expect(await (await fetch(`${replay.url}/failing`)).json()).toEqual({ failing: [] })
  for (const event of events) expect((await deliver(any, event)).status).toBe(204)
})

test('a replay of one letter by its id leaves the others alone', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ id: 'student-1', version: 1 }))
  await deliver(create, studentEvent({ id: 'student-2', version: 1 }))
  await db.insert(users).values(user)
  const [chosen] = await letters(replay, '?student=student-2')
  await command(replay, { ids: [chosen?.id] })
  expect((await letters(replay, '?state=open')).map(letter => letter.event.subject)).toEqual(['student-1'])
})

test('letters whose replayer died are taken over when its lease has ended', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const [letter] = await letters(replay)
  const died = { id: uuidv7(), name: 'of one who died', command: {}, concurrency: 1 }
  const leasedUntil = new Date(Date.now() - 1_000)
  const item = { jobId: died.id, letterId: letter?.id ?? '', position: 1, state: 'sending' as const, leasedUntil }
  await db.transaction(async tx => {
    await tx.insert(replayJobs).values(died)
    await tx.insert(replayItems).values(item)
    await tx.update(deadLetters).set({ state: 'replaying' })
  })
  await eventually('the takeover', async () => (await letters(replay))[0]?.state === 'resolved')
  await eventually('the end of the job', async () => (await db.$count(replayJobs, eq(replayJobs.state, 'done'))) === 1)
})

test('two replays of one letter at once: one wins, and the letter is sent once', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const answers = await Promise.all([1, 2, 3, 4].map(() => command(replay, {}) as Promise<{ count: number }>))
  expect(answers.map(({ count }) => count).toSorted()).toEqual([0, 0, 0, 1])
  expect(await letters(replay)).toMatchObject([{ state: 'resolved', replays: 1 }])
})

test('a canary that fails stops the replay before the others are sent', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const answer = await command(replay, { name: 'careful', canary: 1 })
  expect(answer).toMatchObject({
    job: { name: 'careful', state: 'stopped', detail: 'a canary failed', progress: { failed: 1, skipped: 2 } }
  })
  expect((await letters(replay)).map(({ state }) => state)).toEqual(['open', 'open', 'open'])
})

test('a replay stops after the number of failures it was given', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3, 4]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const answer = await command(replay, { concurrency: 1, stopAfter: 2 })
  expect(answer).toMatchObject({ job: { state: 'stopped', progress: { failed: 2, skipped: 2 } } })
})

test('an aborted replay leaves what it has not sent open, and its results say which', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const started = command(replay, { name: 'slow', rate: 1, concurrency: 1 })
  const job = await eventually('one letter to be sent', async () => {
    const { jobs } = (await (await fetch(`${replay.url}/jobs`)).json()) as { jobs: Job[] }
    return jobs[0]?.progress.failed === 1 ? jobs[0] : undefined
  })
  const aborted = await fetch(`${replay.url}/jobs/${job.id}/abort`, { method: 'POST' })
  expect(await aborted.json()).toMatchObject({ state: 'aborted', progress: { failed: 1, skipped: 2 } })
  await started
  const { results } = (await (await fetch(`${replay.url}/jobs/${job.id}`)).json()) as { results: { result: string }[] }
  expect(results.map(({ result }) => result)).toEqual(['failed', 'skipped', 'skipped'])
  expect((await fetch(`${replay.url}/jobs/${job.id}/abort`, { method: 'POST' })).status).toBe(409)
})

test('a letter under way when its replay is aborted is open again, and can be replayed', async () => {
  const { replay, db } = await start()
  const event = await published(db, { version: 1 })
  await deliver(replay, fromKnative(event, { function: 'away' }), '/dead-letters')
  const started = command(replay, { function: 'away' })
  const job = await eventually('the first try', async () => {
    const [item] = await db.select().from(replayItems)
    return item !== undefined && item.tries > 0 && item.state === 'waiting' ? item : undefined
  })
  await fetch(`${replay.url}/jobs/${job.jobId}/abort`, { method: 'POST' })
  await started
  expect(await letters(replay)).toMatchObject([{ state: 'open' }])
})

test('a user who appears while the letter is being replayed is not missed', async () => {
  const { replay, create, db } = await start()
  for (const n of [1, 2]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const slow = command(replay, { rate: 1, concurrency: 1, canary: 1 })
  await eventually('the replay to begin', async () => (await db.$count(replayItems)) === 2)
  await db.insert(users).values(user)
  expect((await deliver(replay, userChange('user-1'), '/users')).status).toBe(204)
  await slow
  await eventually('both letters', async () => (await letters(replay)).every(({ state }) => state === 'resolved'))
})

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

test('a letter whose edit was refused can be edited again', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: { id: 'student-1', version: 7 } })
  expect(await letters(replay)).toMatchObject([{ id: letter?.id, state: 'open', attempts: 2 }])
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data })).toMatchObject({ status: 200 })
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
})

test('a letter whose event waits for its turn can be edited, and the edit has its turn', async () => {
  const { replay, db } = await start()
  await published(db, { version: 1 })
  const early = await published(db, { version: 2 })
  await deliver(replay, fromKnative(early, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  await command(replay, {})
  expect(await db.select().from(heldEvents)).toMatchObject([{ eventId: early.id }])
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 2 }
  await send(replay, `/${letter?.id}/resend`, { reason: 'x', data })
  expect(await letters(replay)).toMatchObject([{ state: 'open', detail: expect.stringContaining('held') }])
  await db.update(fences).set({ sequence: 1 }) // as after a crash: its turn has come, and nobody continues with it
  await eventually('the edit', async () => (await db.select().from(timeline))[0]?.name === 'Mended')
})

test('discarding a letter moves no fence over another event that is held in its place', async () => {
  const { db } = await testDatabase()
  const original = studentEvent({ version: 2 })
  const failure = new PermanentFailure('refused', 'refused for the test')
  await inTransaction(db, tx =>
    recordLetter(tx, onAnyStudent, original, failure, { entity: 'student-1', sequence: 2, predecessor: 1 })
  )
  const another = studentEvent({ version: 2 }, { attributes: { id: 'another' } })
  expect(await deliverInOrder(db, onAnyStudent, another)).toBe('held')
  await db.update(fences).set({ sequence: 1 }) // as after a crash: its turn has come, and nobody continues with it
  const [letter] = await db.select().from(deadLetters)
  expect(await discardLetter(db, letter?.id ?? '', 'for the test')).toMatchObject({ fenceMoved: false })
  await advanceFences(db)
  expect(await db.select().from(fences)).toMatchObject([{ sequence: 1 }])
})

test('a letter whose event waits for its turn can be given up, and what follows continues', async () => {
  const { replay, any, db } = await start()
  await published(db, { version: 1 })
  const early = await published(db, { version: 2 })
  await deliver(replay, fromKnative(early, { function: 'onAnyStudent', knativeerrorcode: '503' }), '/dead-letters')
  await command(replay, {})
  const [letter] = await letters(replay)
  expect(await send(replay, `/${letter?.id}/discard`, { reason: 'x' })).toMatchObject({ body: { fenceMoved: false } })
  expect(await db.$count(heldEvents)).toBe(0)
  for (const version of [1, 3]) await deliver(any, studentEvent({ version }))
  await eventually('the event behind it', async () => (await db.$count(timeline, eq(timeline.sequence, 3))) === 1)
  expect(await db.$count(timeline)).toBe(2)
})

test('a replay command repeated under its key starts no second replay', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  const body = JSON.stringify({ reason: 'user-not-found' })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' }
  for (const _ of [1, 2]) await fetch(replay.url, { method: 'POST', headers, body })
  expect(await db.$count(replayJobs)).toBe(1)
})

test('a dataschema that names another host is not asked for', async () => {
  const asked: string[] = []
  const elsewhere = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void elsewhere.close())
  await once(elsewhere, 'listening')
  const { port } = elsewhere.address() as AddressInfo
  const { replay } = await start()
  const path = `//127.0.0.1:${port}/apis/ccompat/v7/subjects/x/versions/1`
  const event = studentEvent({ version: 1 }, { attributes: { dataschema: `http://registry.example.com${path}` } })
  await deliver(replay, fromKnative(event, {}), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ data: { id: 'student-1' } }])
  expect(asked).toEqual([])
})

test('on SIGTERM a delivery that hangs is broken off and its letter given back', async () => {
  const hangs = createServer(() => undefined).listen(0, '127.0.0.1')
  onTestFinished(() => hangs.closeAllConnections())
  await once(hangs, 'listening')
  const { port } = hangs.address() as AddressInfo
  const { db, url } = await testDatabase()
  const replay = await startFunction('deadLetterReplay', {
    DATABASE_URL: url,
    FUNCTION_URLS: `slow=http://127.0.0.1:${port}`,
    DRAIN_TIMEOUT_MS: '200',
    REPLAY_POLL_MS: '100'
  })
  await deliver(replay, fromKnative(await published(db, { version: 1 }), { function: 'slow' }), '/dead-letters')
  command(replay, {}).catch(() => undefined) // its answer is cut off
  await eventually('the delivery', async () => (await db.select().from(replayItems))[0]?.state === 'sending')
  replay.signal('SIGTERM')
  expect(await replay.exited).toBe(0)
  expect(await db.select().from(replayItems)).toMatchObject([{ state: 'waiting' }])
})

test('a letter that has reached the limit of replays is skipped until it is forced', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.update(deadLetters).set({ replays: 10 })
  await db.insert(users).values(user)
  expect(await command(replay, {})).toMatchObject({ job: { state: 'done', progress: { skipped: 1 } } })
  expect(await command(replay, { force: true })).toMatchObject({ job: { progress: { resolved: 1 } } })
})

test('a discarded letter moves the fence on purpose, and what was held behind it continues', async () => {
  const { replay, any, db } = await start()
  const broken = studentEvent({ version: 1 }, { data: Buffer.from([0xff]) })
  await deliver(any, broken)
  await deliver(any, studentEvent({ version: 2 }))
  const [letter] = await letters(replay)
  const discarded = await send(replay, `/${letter?.id}/discard`, { reason: 'a test wrote it' })
  expect(discarded).toMatchObject({ status: 200, body: { state: 'discarded', fenceMoved: true } })
  await eventually('the held event', async () => (await db.$count(timeline, eq(timeline.sequence, 2))) === 1)
  expect(await letters(replay)).toMatchObject([{ state: 'discarded', closedBecause: 'discarded: a test wrote it' }])
  expect(await send(replay, `/${letter?.id}/discard`, { reason: 'again' })).toMatchObject({ status: 409 })
  expect((await deliver(any, broken)).status).toBe(204)
})

test('an edited event keeps its id and its place, and the letter keeps both versions: who, when and why', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  await deliver(any, studentEvent({ version: 2 }))
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  const edit = { reason: 'the bytes were cut', by: 'Grace', data }
  const answer = await send(replay, `/${letter?.id}/resend`, edit)
  expect(answer).toMatchObject({ status: 200, body: { replayed: [{ state: 'resolved' }] } })
  expect(await db.select().from(timeline)).toMatchObject([
    { eventId: 'event-student-1-1', name: 'Mended', sequence: 1 },
    { sequence: 2 }
  ])
  const one: unknown = await (await fetch(`${replay.url}/${letter?.id}`)).json()
  expect(one).toMatchObject({
    state: 'resolved',
    event: { id: 'event-student-1-1' },
    data: { base64: '/w==' },
    edit: {
      by: 'Grace',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      reason: 'the bytes were cut',
      data: { name: 'Mended' }
    },
    history: [{ name: 'edited: the bytes were cut', result: 'resolved' }]
  })
  expect(await letters(replay)).toMatchObject([{ edit: { by: 'Grace', reason: 'the bytes were cut' } }])
})

test('an edit that reached nobody is what the next replay sends', async () => {
  const { replay, any, db } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  const data = { id: 'student-1', userId: 'user-1', name: 'Mended', email: 'ada@example.com', version: 1 }
  const jobId = await resendLetter(db, letter?.id ?? '', { reason: 'x', data })
  await abortReplay(db, jobId).catch(() => undefined) // the replayer may have been faster
  await eventually('the end of the job', async () => (await letters(replay))[0]?.state !== 'replaying')
  await command(replay, {})
  expect(await db.select().from(timeline)).toMatchObject([{ name: 'Mended' }])
})

test('an edited event that is refused leaves the letter open, and data that does not fit is a 400', async () => {
  const { replay, any } = await start()
  await deliver(any, studentEvent({ version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = await letters(replay)
  const other = { id: 'student-1', name: 'x', version: 7 }
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: other })).toMatchObject({ status: 422 })
  expect(await send(replay, `/${letter?.id}/resend`, { reason: 'x', data: { age: 7 } })).toMatchObject({ status: 400 })
  expect((await letters(replay, '?reason=invalid-event&state=open')).map(({ id }) => id)).toEqual([letter?.id])
})

test('letters are found by text in their data, by type and by time, and counted by reason', async () => {
  const { replay, create } = await start()
  await deliver(create, studentEvent({ id: 'student-1', version: 1, name: 'Grace Hopper' }))
  await deliver(create, studentEvent({ id: 'student-2', version: 1, name: 'Alan Turing' }))
  const subjects = async (query: string) => (await letters(replay, query)).map(({ event }) => event.subject)
  expect(await subjects('?text=hopper')).toEqual(['student-1'])
  expect(await subjects('?type=school.student.v1.StudentUpdated')).toEqual([])
  expect(await subjects('?since=2999-01-01T00:00:00Z')).toEqual([])
  expect(await subjects('?until=2999-01-01T00:00:00Z&student=student-2')).toEqual(['student-2'])
  const groups = (await (await fetch(`${replay.url}/groups`)).json()) as unknown
  expect(groups).toMatchObject({ groups: [{ function: 'onStudentCreate', reason: 'user-not-found', count: 2 }] })
})

test('a command as an event replays as well', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.insert(users).values(user)
  const response = await fetch(replay.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/test',
      'ce-type': 'school.student.v1.ReplayDeadLetters'
    },
    body: '{}'
  })
  expect(response.status).toBe(204)
  await eventually('the replay', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('bytes that nothing can decode are shown as they are', async () => {
  const { replay } = await start()
  const event = studentEvent({ version: 1 }, { data: Buffer.from([0xff, 0xfe]) })
  await deliver(replay, fromKnative(event, { knativeerrorcode: '422' }), '/dead-letters')
  expect(await letters(replay)).toMatchObject([{ data: { base64: '//4=' } }])
})

test('pages continue where the one before ended, and a wrong filter is named', async () => {
  const { replay, create } = await start()
  for (const n of [1, 2, 3]) await deliver(create, studentEvent({ id: `student-${n}`, version: 1 }))
  const first = (await (await fetch(`${replay.url}/?limit=2`)).json()) as { deadLetters: Letter[]; next: string }
  expect(first.deadLetters).toHaveLength(2)
  expect((await letters(replay, `?limit=2&after=${first.next}`)).map(({ event }) => event.subject)).toEqual([
    'student-1'
  ])
  const wrong = await fetch(`${replay.url}/?colour=red`)
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('colour: unknown field')])
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

test('an expired command is sent again without its expirytime, and a dry run says that it has to be', async () => {
  const { db } = await testDatabase()
  const event = { id: 'command', source: '/test', type: 'school.student.v1.CreateStudent', data: Buffer.from('{}') }
  const attributes = { id: event.id, source: event.source, type: event.type, expirytime: '2026-01-02T03:04:05Z' }
  const failure = new PermanentFailure('expired', 'the command was to be done before 2026-01-02T03:04:05.000Z')
  await inTransaction(db, tx =>
    recordLetter(tx, { name: 'createStudent', accepts: [] }, { ...event, attributes }, failure)
  )
  expect(await previewReplay(db, ReplayCommand.parse({}), 10)).toMatchObject({
    warnings: [expect.stringContaining('1 letter has expired')]
  })
  const [letter] = await db.select().from(deadLetters)
  const jobId = await resendLetter(db, letter?.id ?? '', { reason: 'still wanted', data: {} })
  const [sent] = await leaseLetters(db, jobId, 1_000)
  const { expirytime: _, ...wanted } = attributes
  expect(sent?.attributes).toEqual(wanted)
})

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

test('however often a letter was replayed in vain, it is replayed when its user appears', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  for (const _ of Array(11).keys()) await command(replay, {})
  expect(await letters(replay)).toMatchObject([{ state: 'open', replays: 10 }])
  await db.insert(users).values(user)
  await deliver(replay, userChange('user-1'), '/users')
  await eventually('the letter to be resolved', async () => (await letters(replay))[0]?.state === 'resolved')
})

test('a letter that is due is not forgotten by a replay that skips it, or that ends before it is sent', async () => {
  const { db } = await testDatabase()
  const failure = new PermanentFailure('user-not-found', 'no user', { waitsFor: userWithId('user-1') })
  const event = studentEvent({ version: 1 })
  await inTransaction(db, tx => recordLetter(tx, onStudentCreate, event, failure, firstPlace))
  await db.update(deadLetters).set({ dueAt: new Date(), replays: 10 })
  await inTransaction(db, tx => startReplay(tx, ReplayCommand.parse({}), 10)) // skips it
  const jobId = await inTransaction(db, tx => startReplay(tx, ReplayCommand.parse({ force: true }), 10))
  await abortReplay(db, jobId)
  expect(await startDueReplay(db, 10)).toBe(1)
})

test('a letter whose function was down when its user appeared is due again later, up to the limit', async () => {
  const { db } = await testDatabase()
  const failure = new PermanentFailure('user-not-found', 'no user', { waitsFor: userWithId('user-1') })
  const event = studentEvent({ version: 1 })
  await inTransaction(db, tx => recordLetter(tx, onStudentCreate, event, failure, firstPlace))
  for (let tries = 0; tries < 3; tries++) {
    await db.update(deadLetters).set({ dueAt: new Date() })
    expect(await startDueReplay(db, 3)).toBe(1)
    const [job] = await db.select().from(replayJobs).where(eq(replayJobs.state, 'running'))
    const [sent] = await leaseLetters(db, job?.id ?? '', 1_000)
    if (sent === undefined) throw new Error('nothing was leased')
    await inTransaction(db, tx => finishLetter(tx, sent, { outcome: 'try-again', status: null, detail: 'down' }))
    await leaseLetters(db, job?.id ?? '', 1_000) // ends the job
    const [letter] = await db.select().from(deadLetters)
    expect(letter?.dueAt?.getTime()).toBeGreaterThan(Date.now() + 60_000)
  }
  await db.update(deadLetters).set({ dueAt: new Date() })
  await startDueReplay(db, 3)
  expect(await db.select().from(deadLetters)).toMatchObject([{ state: 'open', dueAt: null, automaticReplays: 3 }])
})

test('a letter of nested brackets is shown as bytes and keeps no page from being read', async () => {
  const { replay } = await start()
  const json = { attributes: { datacontenttype: 'application/json', id: 'deep' } }
  const deep = studentEvent({ version: 1 }, { ...json, data: Buffer.from('['.repeat(8_000) + ']'.repeat(8_000)) })
  await deliver(replay, fromKnative(deep, { knativeerrorcode: '503' }), '/dead-letters')
  const [letter] = await letters(replay)
  expect(letter).toMatchObject({ data: { base64: deep.data.toString('base64') } })
  const body = `{"reason":"r","data":{"a":${'['.repeat(8_000)}${']'.repeat(8_000)}}}`
  const headers = { 'content-type': 'application/json' }
  const resent = await fetch(`${replay.url}/${letter?.id}/resend`, { method: 'POST', headers, body })
  expect([resent.status, await resent.text()]).toEqual([400, expect.stringContaining('nested more than')])
})

test('a listing of large letters loads none of their data', async () => {
  const { replay, db } = await start()
  const letter = { function: 'f', source: '/s', class: 'invalid', reason: 'r', detail: 'd' } as const
  for (const n of Array(100).keys()) {
    const data = randomBytes(1024 * 1024)
    await db.insert(deadLetters).values({ ...letter, id: uuidv7(), eventId: `${n}`, attributes: {}, data })
  }
  await letters(replay, '?limit=1')
  const before = residentKilobytes(replay.pid)
  expect(await letters(replay, '?limit=500')).toHaveLength(100)
  expect(residentKilobytes(replay.pid) - before).toBeLessThan(48 * 1024)
})

test('a page of the listing ends where its letters are too many bytes', async () => {
  const { replay, db } = await start()
  const letter = {
    function: 'f',
    source: '/s',
    class: 'invalid',
    reason: 'r',
    detail: 'd',
    data: Buffer.alloc(0)
  } as const
  for (const n of Array(6).keys()) {
    const attributes = { id: `${n}`, note: 'x'.repeat(1024 * 1024) }
    await db.insert(deadLetters).values({ ...letter, id: uuidv7(), eventId: `${n}`, attributes })
  }
  const first = (await (await fetch(replay.url)).json()) as { deadLetters: Letter[]; next: string }
  expect(first.deadLetters.map(({ event }) => event.id)).toEqual(['5', '4', '3', '2'])
  expect((await letters(replay, `?after=${first.next}`)).map(({ event }) => event.id)).toEqual(['1', '0'])
})

interface Job {
  readonly id: string
  readonly progress: Readonly<Record<string, number>>
}

interface Letter {
  readonly id: string
  readonly state: string
  readonly origin: string
  readonly event: Record<string, string>
}

/** The functions on one database, for all tests that need nothing of their own: each finds it empty. */
let shared: Awaited<ReturnType<typeof startFunctions>>
beforeAll(async () => {
  shared = await startFunctions()
})
afterAll(() => shared?.stop())

async function start() {
  await emptyTables(shared.db)
  return shared
}

async function startFunctions() {
  const { db, url, drop } = await openTestDatabase()
  const launch = async (name: string, env: Readonly<Record<string, string>>) =>
    launchFunction(name, { DATABASE_URL: url, ...env }, await functionBundle(name))
  const [creates, anys] = await Promise.all([launch('onStudentCreate', {}), launch('onAnyStudent', {})])
  const [create, any] = await Promise.all([creates.listening, anys.listening])
  const replays = await launch('deadLetterReplay', {
    FUNCTION_URLS: `onStudentCreate=${create.url},onAnyStudent=${any.url},away=http://127.0.0.1:9`,
    REGISTRY_URL: 'http://127.0.0.1:9',
    REPLAY_POLL_MS: '100'
  })
  const replay = await replays.listening
  return {
    db,
    create,
    any,
    replay,
    async stop() {
      await Promise.all([replays.end(), creates.end(), anys.end()])
      await drop()
    }
  }
}

function deliver(fn: FunctionProcess, event: ReceivedEvent, path = '/') {
  return fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') })
  })
}

/** A student's event as it is published: with its row in the outbox, which says what came before. */
async function published(db: Database, student: Parameters<typeof studentEvent>[0]): Promise<ReceivedEvent> {
  const event = studentEvent(student, { attributes: { id: uuidv7() } })
  const { id, source, type, subject = '', time = '', data, attributes } = event
  const { datacontenttype: contentType = '', sequence = '' } = attributes
  const unused = { topic: '', key: '', dataschema: '', partitionkey: '', traceparent: '' }
  const [row] = await db
    .insert(outbox)
    .values({ ...unused, id, source, type, subject, time, contentType, sequence, payload: data })
    .returning()
  return { ...event, attributes: { ...attributes, predecessors: row?.predecessors ?? '' } }
}

function residentKilobytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
}

function fromKnative(event: ReceivedEvent, added: Record<string, string>): ReceivedEvent {
  const attributes = {
    ...event.attributes,
    function: 'onStudentCreate',
    knativeerrordest: 'http://on-student-create.students.svc.cluster.local/',
    knativekafkapartition: '0',
    knativekafkaoffset: '7',
    ...added
  }
  return { ...event, attributes }
}

/** As Debezium's CloudEvents converter writes a row. */
function userChange(id: string): ReceivedEvent {
  const attributes = {
    specversion: '1.0',
    id: `user-change-${id}`,
    source: '/debezium/postgresql/db',
    type: 'io.debezium.connector.postgresql.DataChangeEvent',
    datacontenttype: 'application/json'
  }
  const data = Buffer.from(JSON.stringify({ before: null, after: { ...user, id } }))
  return { ...attributes, attributes, data }
}

async function letters(fn: FunctionProcess, query = ''): Promise<Letter[]> {
  const answer = (await (await fetch(`${fn.url}/${query}`)).json()) as { deadLetters: Letter[] }
  return answer.deadLetters
}

async function readBatch(url: string): Promise<{ subjects: (string | undefined)[]; next: string | undefined }> {
  const answer = await fetch(url, { headers: { accept: 'text/html;q=0.5, application/cloudevents-batch+json' } })
  expect(answer.headers.get('content-type')).toBe('application/cloudevents-batch+json')
  const events = (await answer.json()) as Record<string, string>[]
  const next = /<(.+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
  return { subjects: events.map(({ subject }) => subject), next }
}

async function command(fn: FunctionProcess, options: unknown): Promise<unknown> {
  const { status, body } = await send(fn, '/', options)
  expect(status).toBe(200)
  return body
}

async function send(fn: FunctionProcess, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, body: await response.json() }
}
