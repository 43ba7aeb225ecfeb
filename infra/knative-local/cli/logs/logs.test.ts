import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readLine } from './log-line.ts'
import { type LogsOptions, showLogs } from './logs-command.ts'

const defaults: LogsOptions = { level: 'trace', lines: '100' }

test.each([
  ['pino with a number', '{"level":40,"time":1764264753321,"msg":"away","a":1}', { level: 40, message: 'away' }],
  ['pino with ISO 8601', '{"level":30,"time":"2025-11-27T17:32:33.321Z","msg":"done"}', { level: 30, message: 'done' }],
  ['log4j', '2026-11-21T17:32:33,321 WARN slow (kafka.Log)', { level: 40, message: 'slow (kafka.Log)' }],
  ['log4j with microseconds', '2026-11-21T17:32:33,321456 INFO up (k)', { level: 30, message: 'up (k)' }],
  ['Quarkus', '2026-11-21 17:32:33,321 ERROR [io.x] (main) no', { level: 50, message: '[io.x] (main) no' }],
  ['PostgreSQL', '2026-11-21 17:32:33.321 UTC [12] FATAL:  gone', { level: 60, message: 'gone' }],
  ['PostgreSQL by offset', '2026-11-21 17:32:33.321 +00 [12] LOG:  up', { level: 30, message: 'up' }],
  ['a stamped line', '2026-11-21T17:32:33.321Z INFO ready', { level: 30, message: 'ready' }]
])('a line of %s has its time and its level', (_, line, expected) => {
  expect(readLine('part', line)).toMatchObject({ part: 'part', ...expected })
  expect(new Date(readLine('part', line)?.time ?? 0).getUTCMilliseconds()).toBe(321)
})

test.each([
  '',
  '\tat x.Y.z(Y.java:1)',
  '{ not json',
  '{"level":30}',
  '{"level":30,"time":"soon","msg":""}',
  '2026-99-99 99:99:99.9 x'
])('%j begins no entry', line => {
  expect(readLine('part', line)).toBeUndefined()
})

test('the logs of all parts are one, in the order of time, and a stack trace stays with its line', async () => {
  const { show } = await logs({
    broker:
      '2026-11-21T10:00:01,000 WARN second (k)\nx.SomeException: why\n\tat x.Y\n2026-11-21T10:00:04,000 INFO last (k)\n',
    fn: `${json('2026-11-21T10:00:00.000', 'first')}${json('2026-11-21T10:00:03.000', 'third')}`
  })
  expect((await show()).map(line => line.replace(/^\[[^\]]+\] /, ''))).toEqual([
    'INFO (fn): first {"eventId":"e-1"}',
    'WARN (broker): second (k)',
    'x.SomeException: why',
    '    at x.Y',
    'INFO (fn): third {"eventId":"e-1"}',
    'INFO (broker): last (k)'
  ])
})

test('level, part, event and trace choose; --lines counts what is left', async () => {
  const { show } = await logs({
    a: `${json('2026-11-21T10:00:00.000', 'one')}${json('2026-11-21T10:00:02.000', 'two', { level: 50, eventId: 'e-2' })}`,
    b: `${json('2026-11-21T10:00:01.000', 'three', { traceparent: '00-abc-1-01' })}`
  })
  const said = async (options: Partial<LogsOptions>, ...parts: string[]) =>
    (await show({ json: true, ...options }, ...parts)).map(line => (JSON.parse(line) as { msg: string }).msg)
  expect(await said({ level: 'error' })).toEqual(['two'])
  expect(await said({}, 'b')).toEqual(['three'])
  expect(await said({ event: 'e-1' })).toEqual(['one', 'three'])
  expect(await said({ trace: 'abc' })).toEqual(['three'])
  expect(await said({ lines: '1' })).toEqual(['two'])
})

test('what an event says of itself moves no cursor, readable or as JSON', async () => {
  const { show } = await logs({ fn: json('2026-11-21T10:00:00.000', 'a\u001b[2J\u009b1m', { eventId: 'x\u202e\n' }) })
  for (const options of [{}, { json: true }]) {
    const text = (await show(options)).join('')
    expect(text).toContain('\\u009b')
    expect(text).not.toMatch(/[\u0080-\u009f\u202e]/)
    expect(text).not.toContain('\u001b')
  }
})

test('a part without a log is wrong usage, and those that have one are named', async () => {
  const { show } = await logs({ fn: json('2026-11-21T10:00:00.000', 'a') })
  await expect(show({}, 'broker')).rejects.toThrow('broker has no log. Parts: fn')
  await expect(show({ lines: 'many' })).rejects.toThrow('--lines must be a whole number')
})

test('-f continues with what is appended, with a log that is set aside, and with one that begins only then', async () => {
  const { folder, follow } = await logs({ fn: json('2026-11-21T10:00:00.000', 'before') })
  const { said, stop } = follow()
  await vi.waitFor(() => expect(said).toEqual(['before']), { timeout: 5_000 })
  const file = join(folder, 'logs', 'fn.log')
  await appendFile(file, json('2026-11-21T10:00:01.000', 'appended'))
  await vi.waitFor(() => expect(said).toContain('appended'), { timeout: 5_000 })
  await appendFile(file, json('2026-11-21T10:00:02.000', 'just before'))
  await rename(file, `${file}.1`)
  await writeFile(file, json('2026-11-21T10:00:03.000', 'after'))
  await writeFile(join(folder, 'logs', 'new.log'), json('2026-11-21T10:00:04.000', 'new'))
  await vi.waitFor(() => expect(said.toSorted()).toEqual(['after', 'appended', 'before', 'just before', 'new']), {
    timeout: 5_000
  })
  expect(await stop()).toBe(130)
})

function json(time: string, msg: string, fields: object = {}): string {
  return `${JSON.stringify({ level: 30, time: `${time}Z`, function: 'fn', eventId: 'e-1', ...fields, msg })}\n`
}

async function logs(files: Readonly<Record<string, string>>) {
  vi.stubEnv('TZ', 'UTC')
  const folder = await mkdtemp(join(tmpdir(), 'logs-'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })
  await mkdir(join(folder, 'logs'))
  for (const [part, text] of Object.entries(files)) await writeFile(join(folder, 'logs', `${part}.log`), text)
  const run = (
    options: Partial<LogsOptions>,
    parts: readonly string[],
    write: (text: string) => void,
    signal: AbortSignal
  ) => showLogs(folder, parts, { ...defaults, ...options }, { write, colour: false, signal })
  return {
    folder,
    async show(options: Partial<LogsOptions> = {}, ...parts: string[]) {
      let text = ''
      await run(options, parts, more => (text += more), new AbortController().signal)
      return text.trimEnd().split('\n')
    },
    follow() {
      const said: string[] = []
      const stopping = new AbortController()
      const take = (line: string) => said.push((JSON.parse(line) as { msg: string }).msg)
      const ended = run({ follow: true, json: true }, [], take, stopping.signal)
      onTestFinished(() => stopping.abort())
      return {
        said,
        stop() {
          stopping.abort()
          return ended
        }
      }
    }
  }
}
