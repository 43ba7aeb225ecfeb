import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import onStudentCreate from '../onStudentCreate/index.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { recordLetter } from '../runtime/delivery/dead-letters.ts'
import { PermanentFailure } from '../runtime/errors.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { directory, users } from '../students/tables.ts'
import { userWithId } from '../students/user-with-id.ts'
import { finishLetter } from './finish-letter.ts'
import { leaseLetters } from './lease-letters.ts'
import { ReplayCommand } from './letter-filter.ts'
import { abortReplay, startDueReplay, startReplay } from './replay-job.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, user, userChange } from './testing/events.ts'
import { command, letters } from './testing/operator.ts'

const firstPlace = { entity: 'student-1', sequence: 1, predecessor: 0 }
const start = startFunctions('create')

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
