import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { eventually, startFunction } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { users } from '../students/tables.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative, published, user } from './testing/events.ts'
import { command, letters } from './testing/operator.ts'

const start = startFunctions('create')

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

test('a letter that has reached the limit of replays is skipped until it is forced', async () => {
  const { replay, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  await db.update(deadLetters).set({ replays: 10 })
  await db.insert(users).values(user)
  expect(await command(replay, {})).toMatchObject({ job: { state: 'done', progress: { skipped: 1 } } })
  expect(await command(replay, { force: true })).toMatchObject({ job: { progress: { resolved: 1 } } })
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

interface Job {
  readonly id: string
  readonly progress: Readonly<Record<string, number>>
}
