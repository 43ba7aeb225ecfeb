import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { failures } from '../../functions/runtime/tables/letters.ts'
import { users } from '../../functions/students/tables.ts'
import { testDatabase } from '../test/database.ts'
import { startFunction, type FunctionProcess } from '../test/function-process.ts'
import { studentEvent } from '../test/student-event.ts'
import type { ReceivedEvent } from '../../functions/runtime/events/received-event.ts'

const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com' }

test('letters are listed, counted and shown, for people and as JSON', async () => {
  const { cli, create, db } = await start()
  await db.insert(failures).values({
    function: 'onAnyStudent',
    source: '/test',
    eventId: '1',
    type: 'created',
    attempts: 3,
    errors: [{ at: '2026-01-02T03:04:05.000Z', error: 'no such column' }],
    stack: 'at onAnyStudent (functions/onAnyStudent/handler.ts:16:3)'
  })
  expect((await cli()).stdout).toMatch(
    /^No letters\.\n\nFailing now, and tried again:\n[^]+onAnyStudent +created +- +- +3 +\S+ +no such column +at onAnyStudent/
  )
  expect(await cli('retry')).toMatchObject({ status: 2, stderr: expect.stringContaining('--all') })
  const retried = await cli('retry', '--all') // this one was recorded without its event
  expect(retried).toMatchObject({ status: 1, stdout: expect.stringMatching(/^onAnyStudent +created .* try-again /m) })
  await deliver(create, studentEvent({ version: 1, name: 'Grace Hopper' }))
  const list = await cli('list', '--student', 'student-1')
  expect(list).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/onStudentCreate +user-not-found +open +student-1 +1/)
  })
  expect((await cli('list', '--text', 'turing')).stdout).toBe('No letters.\n')
  expect((await cli('groups')).stdout).toMatch(/^1 +onStudentCreate +user-not-found +permanent +open/m)

  const [letter] = json(await cli('--json')).deadLetters
  const shown = await cli('show', letter?.id ?? '')
  expect(shown.stdout).toMatch(/^Reason +user-not-found \(permanent\)$/m)
  expect(shown.stdout).toContain('"name": "Grace Hopper"')
  expect(shown.stdout).toMatch(/^Thrown\n +at (\S+ \()?functions\/onStudentCreate\/handler\.ts:\d+:\d+\)?$/m)
})

test('letters go into a pipe as CloudEvents, and standard error names the next page', async () => {
  const { cli, create } = await start()
  const event = studentEvent({ version: 1 })
  await deliver(create, event)
  await deliver(create, studentEvent({ id: 'student-2', version: 1 }))
  const newest = await cli('list', '--cloudevents', '--limit', '1')
  expect(JSON.parse(newest.stdout)).toMatchObject([{ subject: 'student-2', letterreason: 'user-not-found' }])
  const after = /^More: --after (\S+)$/m.exec(newest.stderr)?.[1] ?? ''
  const older = await cli('list', '--cloudevents', '--limit', '1', '--after', after)
  expect(JSON.parse(older.stdout)).toMatchObject([{ ...event.attributes, data_base64: event.data.toString('base64') }])
  expect(older.stderr).toBe('')
  const one = await cli('show', '--cloudevents', after)
  expect(JSON.parse(one.stdout)).toMatchObject({ letterid: after, subject: 'student-2' })
  expect(await cli('jobs', '--cloudevents')).toMatchObject({ status: 2 })
})

test('a dry run says what would be sent, a replay sends it, and the exit status says whether all of it was taken', async () => {
  const { cli, create, db } = await start()
  await deliver(create, studentEvent({ version: 1 }))
  const dry = await cli('replay', '--all', '--dry-run')
  expect(dry).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('1 letter would be replayed; nothing was sent.')
  })

  const early = await cli('replay', '--reason', 'user-not-found')
  expect(early).toMatchObject({ status: 1, stdout: expect.stringContaining('0 resolved, 1 failed') })
  await db.insert(users).values(user)
  const later = await cli('replay', '--reason', 'user-not-found', '--name', 'after the user came')
  expect(later).toMatchObject({ status: 0, stdout: expect.stringContaining('1 resolved, 0 failed') })

  const [job] = json(await cli('jobs', '--json')).jobs
  expect((await cli('jobs')).stdout).toMatch(/after the user came +done/)
  expect((await cli('job', job?.id ?? '')).stdout).toMatch(/student-1 +1 +resolved +1 +204/)
  expect(await cli('abort', job?.id ?? '')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is done already')
  })
})

test('a long replay shows its progress, and can be aborted from elsewhere', async () => {
  const { cli, create, url } = await start()
  const letters = 100 // at one a second the replay outlives this test's time limit: nothing here has to be quick
  await Promise.all(
    Array.from({ length: letters }, (_, n) => deliver(create, studentEvent({ id: `student-${n}`, version: 1 })))
  )
  const replay = launch(['--url', url, 'replay', '--all', '--rate', '1', '--concurrency', '1'])
  const result = resultOf(replay)
  await once(replay.stderr, 'data') // it says that the replay continues
  const [running] = json(await cli('jobs', '--json')).jobs
  await cli('abort', running?.id ?? '')
  const { status, stderr, stdout } = await result
  expect(status).toBe(1)
  expect(stderr).toMatch(/dead-letters abort .*\n\d+ of 100: 0 resolved, \d+ failed, 0 skipped/)
  expect(stdout).toContain('is aborted: aborted on request')
})

test('a letter is discarded once, with a reason', async () => {
  const { cli, any } = await start()
  await deliver(any, studentEvent({ id: 'student-1', version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = json(await cli('--json')).deadLetters
  expect(await cli('discard', letter?.id ?? '')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--reason')
  })
  expect(await cli('discard', letter?.id ?? '', '--reason', 'a test')).toMatchObject({ status: 0 })
  expect(await cli('discard', letter?.id ?? '', '--reason', 'again')).toMatchObject({ status: 1 })
})

test('an edited event is sent in the place of what was published, and both are shown', async () => {
  const { cli, any } = await start()
  await deliver(any, studentEvent({ id: 'student-2', version: 1 }, { data: Buffer.from([0xff]) }))
  const [letter] = json(await cli('--json')).deadLetters
  await using folder = await mkdtempDisposable(join(tmpdir(), 'resend-'))
  const file = join(folder.path, 'data.json')
  await writeFile(
    file,
    JSON.stringify({ id: 'student-2', userId: 'user-1', name: 'Mended', email: 'a@b.c', version: 1 })
  )
  const resent = await cli('resend', letter?.id ?? '', '--data', file, '--reason', 'cut bytes')
  expect(resent).toMatchObject({ status: 0, stdout: expect.stringContaining('1 resolved') })
  expect(json(await cli('--json', '--state-is', 'open')).deadLetters).toEqual([])
  const shown = await cli('show', letter?.id ?? '')
  expect(shown.stdout).toMatch(/^Edited +\S+ by \S+: cut bytes$/m)
  expect(shown.stdout).toMatch(/^Data, as edited, which a replay sends\n[^]+"name": "Mended"/m)
})

describe('exit status 2 and the mistake alone are the answer to', () => {
  test.each([
    ['a command that does not exist', ['replya'], /^unknown command 'replya'\n\(Did you mean replay\?\)\n$/],
    ['a flag that does not exist', ['list', '--colour', 'red'], /^unknown option '--colour'\n$/],
    ['a replay of nothing in particular', ['replay'], /^Say which letters: ids, filters, or --all\.\n$/],
    ['a rate that is no number', ['replay', '--all', '--rate', 'fast'], /^--rate must be a whole number\n$/],
    ['an id too few', ['show'], /^missing required argument 'id'\n$/]
  ] as const)('%s', async (_, args, says) => {
    const { status, stderr, stdout } = await run(['--url', 'http://127.0.0.9:9', ...args])
    expect([status, stderr, stdout]).toEqual([2, expect.stringMatching(says), ''])
  })

  test('a function that does not answer, which is named', async () => {
    const { status, stderr } = await run(['--url', 'http://127.0.0.9:9'])
    expect([status, stderr]).toEqual([2, expect.stringContaining('does not answer at http://127.0.0.9:9')])
  })
})

async function start() {
  const { db, url } = await testDatabase()
  const create = await startFunction('onStudentCreate', { DATABASE_URL: url })
  const any = await startFunction('onAnyStudent', { DATABASE_URL: url })
  const replay = await startFunction('deadLetterReplay', {
    DATABASE_URL: url,
    FUNCTION_URLS: `onStudentCreate=${create.url},onAnyStudent=${any.url}`,
    REPLAY_POLL_MS: '100'
  })
  return { db, create, any, url: replay.url, cli: (...args: string[]) => run(['--url', replay.url, ...args]) }
}

interface Result {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const run = (args: readonly string[]) => resultOf(launch(args))

function launch(args: readonly string[]) {
  return spawn(process.execPath, ['infra/local.ts', 'dead-letters', ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
}

async function resultOf(child: ReturnType<typeof launch>): Promise<Result> {
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status, stdout, stderr }
}

function json({ stdout }: Result): { deadLetters: { id: string }[]; jobs: { id: string }[] } {
  return { deadLetters: [], jobs: [], ...(JSON.parse(stdout) as object) }
}

function deliver(fn: FunctionProcess, event: ReceivedEvent) {
  return fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event.attributes, data_base64: event.data.toString('base64') })
  })
}
