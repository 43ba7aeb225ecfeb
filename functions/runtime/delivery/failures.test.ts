import { expect, test } from 'vitest'
import * as z from 'zod'
import { testDatabase } from '../../../infra/test/database.ts'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { PermanentFailure } from '../errors.ts'
import { connect } from '../host/database.ts'
import { createLog } from '../host/log.ts'
import { failures } from '../tables/letters.ts'
import { recordingFailures } from './failures.ts'

const log = createLog('test', 'silent')
const fromKafka = { kafkatopic: 'student_create', knativekafkapartition: '3', knativekafkaoffset: '7' }
const event = studentEvent({ version: 1 }, { attributes: fromKafka })

test('every failed delivery is kept with its error, and the last with its line in the sources; a success writes nothing', async () => {
  const { db } = await testDatabase()
  let times = 0
  const handle = recordingFailures(db, 'f', log, async () => {
    if (++times < 3) throw new Error(`failed ${times}`)
    return 'done'
  })
  await expect(handle(event, undefined)).rejects.toThrow('failed 1')
  await expect(handle(event, undefined)).rejects.toThrow('failed 2')
  const before = await db.select().from(failures)
  expect(before).toMatchObject([
    {
      function: 'f',
      entity: 'student-1',
      topic: 'student_create',
      partition: 3,
      offset: 7,
      attempts: 2,
      errors: [{ error: 'failed 1' }, { error: 'failed 2' }],
      stack: expect.stringMatching(/functions\/runtime\/delivery\/failures\.test\.ts:\d+:\d+/)
    }
  ])
  expect(await handle(event, undefined)).toBe('done')
  expect(await db.select().from(failures)).toEqual(before)
})

test('of many failures the newest are kept, each of bounded length, without NUL and without secrets', async () => {
  const { db } = await testDatabase()
  let times = 0
  const handle = recordingFailures(db, 'f', log, async () => {
    throw new Error(`${++times} \0 postgres://app:s3cr3t@db/x ${'long'.repeat(1_000)}`)
  })
  for (let n = 0; n < 25; n++) await expect(handle(event, undefined)).rejects.toThrow('long')
  const [kept] = await db.select().from(failures)
  expect(kept).toMatchObject({ attempts: 25 })
  expect(kept?.errors.map(({ error }) => Number.parseInt(error, 10))).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 6)
  )
  for (const { error } of kept?.errors ?? []) {
    expect(error.length).toBeLessThanOrEqual(500)
    expect(error).toContain('postgres://***@db/x')
  }
  expect(kept?.stack).not.toContain('s3cr3t')
})

test('a zod error reads as a sentence', async () => {
  const { db } = await testDatabase()
  const handle = recordingFailures(db, 'f', log, async () => z.object({ name: z.string() }).parse({}))
  await expect(handle(event, undefined)).rejects.toThrow('expected string')
  expect(await db.select().from(failures)).toMatchObject([
    { errors: [{ error: 'name: Invalid input: expected string, received undefined' }] }
  ])
})

test('a permanent failure is left to its letter', async () => {
  const { db } = await testDatabase()
  const handle = recordingFailures(db, 'f', log, async () => {
    throw new PermanentFailure('refused', 'refused for the test')
  })
  await expect(handle(event, undefined)).rejects.toThrow('refused for the test')
  expect(await db.$count(failures)).toBe(0)
})

test('where the database is away, the failure of the delivery itself is what is answered', async () => {
  const settings = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    DATABASE_POOL_SIZE: 1,
    DATABASE_TIMEOUT_MS: 1_000
  }
  const { db, close } = connect(settings, 'test', () => undefined)
  const handle = recordingFailures(db, 'f', log, async () => {
    throw new Error('failed for now')
  })
  await expect(handle(event, undefined)).rejects.toThrow('failed for now')
  await close()
})
