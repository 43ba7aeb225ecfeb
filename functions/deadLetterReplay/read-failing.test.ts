import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { studentEvent } from '../../infra/test/student-event.ts'
import onAnyStudent from '../onAnyStudent/index.ts'
import { deliverInOrder } from '../runtime/delivery/deliver-in-order.ts'
import { recordingFailures } from '../runtime/delivery/failures.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'
import type { Database } from '../runtime/host/database.ts'
import { createLog } from '../runtime/host/log.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { createDecoder } from './decode-data.ts'
import { readFailing } from './read-failing.ts'
import { readLetter } from './read-letters.ts'
import { storeDeadLetter } from './store-dead-letter.ts'

const record = { kafkatopic: 'student_create', knativekafkapartition: '3', knativekafkaoffset: '7' }
const event = studentEvent({ version: 1 }, { attributes: record })

test('what fails is shown while it is tried again, and no longer once it is handled', async () => {
  const { db } = await testDatabase()
  await fails(db, event, 2)
  const { failing } = await readFailing(db, { limit: 10 })
  expect(failing).toMatchObject([
    {
      function: 'onAnyStudent',
      type: 'school.student.v1.StudentCreated',
      student: 'student-1',
      sequence: 1,
      topic: 'student_create',
      partition: 3,
      offset: 7,
      attempts: 2,
      errors: [{ error: 'failed 1' }, { error: 'failed 2' }],
      stack: [expect.stringContaining('read-failing.test.ts'), ...(failing[0]?.stack.slice(1) ?? [])]
    }
  ])
  expect((await readFailing(db, { limit: 10, student: 'student-2' })).failing).toEqual([])
  await deliverInOrder(db, onAnyStudent, event)
  expect((await readFailing(db, { limit: 10 })).failing).toEqual([])
})

test('a letter that only Knative saw has what the function recorded: attempts, record, errors and stack', async () => {
  const { db } = await testDatabase()
  await fails(db, event, 3)
  const attributes = { ...event.attributes, function: 'onAnyStudent', knativeerrorcode: '503' }
  expect(await storeDeadLetter(db, { ...event, attributes }, new Map())).toBe('new')
  expect((await readFailing(db, { limit: 10 })).failing).toEqual([])
  const [stored] = await db.select({ id: deadLetters.id }).from(deadLetters)
  expect(await readLetter(db, stored?.id ?? '', createDecoder(undefined))).toMatchObject({
    class: 'exhausted',
    detail: 'the last try was answered with 503; it failed with: failed 3',
    topic: 'student_create',
    partition: 3,
    offset: 7,
    attempts: 3,
    errors: [{ error: 'failed 1' }, { error: 'failed 2' }, { error: 'failed 3' }],
    stack: expect.arrayContaining([
      expect.stringMatching(/^at .*functions\/deadLetterReplay\/read-failing\.test\.ts:\d+/)
    ])
  })
})

async function fails(db: Database, failed: ReceivedEvent, times: number): Promise<void> {
  let attempt = 0
  const handle = recordingFailures(db, 'onAnyStudent', createLog('test', 'silent'), async () => {
    throw new Error(`failed ${++attempt}`)
  })
  for (let n = 0; n < times; n++) await expect(handle(failed, undefined)).rejects.toThrow('failed')
}
