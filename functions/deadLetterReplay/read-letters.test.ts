import { v7 as uuidv7 } from 'uuid'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver, fromKnative } from './testing/events.ts'
import { letters, type Letter } from './testing/operator.ts'

const start = startFunctions('create')

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

function residentKilobytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
}
