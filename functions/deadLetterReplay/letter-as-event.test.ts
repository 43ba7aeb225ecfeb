import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver } from './testing/events.ts'
import { letters } from './testing/operator.ts'

const start = startFunctions('create')

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

async function readBatch(url: string): Promise<{ subjects: (string | undefined)[]; next: string | undefined }> {
  const answer = await fetch(url, { headers: { accept: 'text/html;q=0.5, application/cloudevents-batch+json' } })
  expect(answer.headers.get('content-type')).toBe('application/cloudevents-batch+json')
  const events = (await answer.json()) as Record<string, string>[]
  const next = /<(.+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
  return { subjects: events.map(({ subject }) => subject), next }
}
