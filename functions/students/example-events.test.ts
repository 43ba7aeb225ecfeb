import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { startFunction } from '../../infra/test/function-process.ts'
import recorded from '../runtime/events/testing/func-invoke.json' with { type: 'json' }
import { exampleEvents } from './example-events.ts'
import { handledEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { users } from './tables.ts'

const structured = 'application/cloudevents+json'

test.each(Object.entries(exampleEvents))(
  'the event beside %s is current, and what its func.yaml says works',
  async (name, event) => {
    const file = await readFile(new URL(`../${name}/event.json`, import.meta.url), 'utf8')
    expect(JSON.parse(file), 'run npm run generate:events').toEqual(event)
    const comments = (await readFile(new URL(`../${name}/func.yaml`, import.meta.url), 'utf8')).replaceAll('\n#', '\n')
    expect(comments.replace(/\s+/g, ' ')).toContain(
      `func invoke --format http --content-type ${structured} --file event.json`
    )

    const { db, url } = await testDatabase()
    await db.insert(users).values({ id: 'user-1', name: 'Ada', email: 'ada@example.com' })
    const fn = await startFunction(name, { DATABASE_URL: url })
    for (const _ of [1, 2]) {
      const answer = await fetch(fn.url, { method: 'POST', headers: { 'content-type': structured }, body: file })
      expect(answer.status).toBe(204)
    }
    expect(await db.$count(handledEvents)).toBe(1)
  }
)

test('an invocation that is no event of a student is refused and leaves no letter', async () => {
  const { db, url } = await testDatabase()
  const fn = await startFunction('onAnyStudent', { DATABASE_URL: url })
  const invocations = recorded.requests
    .filter(({ method, headers }) => method === 'POST' && 'ce-id' in headers)
    .map(({ headers, bodyBase64 }) => ({ headers: new Headers(Object.entries(headers)), body: bodyBase64 }))
  const ofOurs = invocations.map(({ headers, body }) => {
    const typed = new Headers(headers)
    typed.set('ce-type', exampleEvents.onAnyStudent.type)
    return { headers: typed, body }
  })
  for (const { headers, body } of [...invocations, ...ofOurs]) {
    const answer = await fetch(fn.url, {
      method: 'POST',
      headers,
      body: Buffer.from(body, 'base64')
    })
    expect(answer.status).toBe(422)
  }
  expect(invocations.length).toBeGreaterThan(5)
  expect(await db.$count(deadLetters)).toBe(0)
})

test('the same from a KafkaSource is a letter: it has a record, which must not be lost', async () => {
  const { db, url } = await testDatabase()
  const fn = await startFunction('onAnyStudent', { DATABASE_URL: url })
  const record = { 'ce-knativekafkapartition': '0', 'ce-knativekafkaoffset': '7' }
  const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/boson/fn', 'ce-type': 'boson.fn', ...record }
  expect((await fetch(fn.url, { method: 'POST', headers })).status).toBe(422)
  expect(await db.select().from(deadLetters)).toMatchObject([{ reason: 'invalid-event', partition: 0, offset: 7 }])
})
