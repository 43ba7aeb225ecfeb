// What a stranger can send to every port of a running stack, and what a person on the same machine can find out.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { Status, readEndpoints } from '../../knative-local/index.ts'
import { askConnect, authorization } from '../../knative-local/single-parts.ts'
import { until } from '../../knative-local/testing.ts'
import { createStudent, functionUrl, send } from './students.ts'

interface Port {
  readonly url: string
  /** What an honest client asks, and is answered with 2xx. */
  readonly honest: string
  readonly headers?: Record<string, string>
  /** What a page would like to change. */
  readonly change: string
  /** To a foreign Host, and to a change from a foreign page. */
  readonly foreign: { readonly host: number; readonly origin: readonly number[] }
}

const guarded = { host: 421, origin: [403] }
const withPassword = { host: 401, origin: [401, 403] }
const Kubeconfig = z.object({ clusters: z.tuple([z.object({ cluster: z.object({ server: z.string() }) })]) })
const names = [
  'broker ingress',
  'sink ingress',
  'data plane',
  'control',
  'kubernetes',
  'registry',
  'connect',
  'createStudent',
  'deadLetterReplay'
]
const ports = new Map<string, Port>()
/** A server may wait for the rest of what is no request. */
const silentMs = 3_000
/** For an answer that must come, on a busy machine. */
const answerMs = 30_000
/** Half of what the most impatient server gives a sender: who waited for the slow ones would wait longer. */
const heldUpMs = 10_000
let pids: Record<string, number | null> = {}

beforeAll(async () => {
  const { ingress, sinkIngress, dataplane, control, registry, connect: connectPort, kubeconfig } = inject('endpoints')
  const { server } = Kubeconfig.parse(parse(await readFile(kubeconfig, 'utf8'))).clusters[0].cluster
  const asked = (of: { url: string; username: string; password: string }, honest: string, change: string): Port => ({
    url: of.url,
    honest,
    change,
    headers: { authorization: authorization(of) },
    foreign: withPassword
  })
  const all: readonly [string, Port][] = [
    ['broker ingress', { url: ingress.url, honest: '/healthz', change: '/students/default', foreign: guarded }],
    ['sink ingress', { url: sinkIngress.url, honest: '/healthz', change: '/students/default', foreign: guarded }],
    [
      'data plane',
      {
        url: new URL(dataplane.statusUrl).origin,
        honest: '/status',
        change: '/parts/connect/restart',
        foreign: guarded
      }
    ],
    ['control', { url: control.url, honest: '/status', change: '/parts/connect/restart', foreign: guarded }],
    ['kubernetes', { url: server, honest: '/api', change: '/api', foreign: { host: 403, origin: [403, 405] } }],
    ['registry', asked(registry, '/apis/ccompat/v7/subjects', '/apis/ccompat/v7/config')],
    ['connect', asked(connectPort, '/connectors', '/connectors/outbox/restart')],
    ['createStudent', { url: functionUrl('createStudent'), honest: '/health/liveness', change: '/', foreign: guarded }],
    ['deadLetterReplay', { url: functionUrl('deadLetterReplay'), honest: '/', change: '/', foreign: guarded }]
  ]
  for (const [name, port] of all) ports.set(name, port)
  pids = await pidsNow()
})

describe.each(names)('%s', name => {
  const port = () => ports.get(name) ?? expect.fail(`no port ${name}`)

  async function expectHonestAnswer(): Promise<void> {
    const { url, honest, headers } = port()
    const answer = await send('GET', `${url}${honest}`, undefined, headers)
    if (answer.status >= 300) throw new Error(`the next honest request: ${answer.status} ${answer.text.slice(0, 200)}`)
  }

  test('a name that leads here by DNS rebinding gets nothing', async () => {
    const { url, honest, foreign } = port()
    for (const host of ['evil.example', `evil.example:${new URL(url).port}`, '127.0.0.1.evil.example', '0.0.0.0']) {
      const request = `GET ${honest} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
      expect(await raw(url, request, answerMs), host).toBe(foreign.host)
    }
    await expectHonestAnswer()
  })

  test('a page of another site changes nothing', async () => {
    const { url, change, foreign } = port()
    for (const header of ['Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site']) {
      const simple = `POST ${change} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\nContent-Length: 0\r\n\r\n`
      const status = await raw(url, simple, answerMs)
      expect(foreign.origin, header).toContain(status)
    }
    await expectHonestAnswer()
  })

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    ],
    [
      'a chunk size that is no number',
      'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'
    ],
    ['a space in a header name', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx y: 1\r\n\r\n'],
    ['a null byte', 'GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path out of every folder', 'GET /../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a broken escape', 'GET /% HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['an escaped null', 'GET /%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a long path', `GET /${'a'.repeat(12_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
    ['headers without end', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ${'a'.repeat(2_000_000)}\r\n\r\n`],
    ['thousands of headers', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${'x: 1\r\n'.repeat(20_000)}\r\n`]
  ])('%s is answered with less than 500, or not at all', async (_, bytes) => {
    const status = await raw(port().url, bytes, silentMs)
    expect(status === 'nothing' || status < 500, `${status}`).toBe(true)
    await expectHonestAnswer()
  })

  test('senders that never end hold nobody up', async () => {
    const { hostname, port: number } = new URL(port().url)
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(Number(number), hostname, () =>
        socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{')
      )
      socket.on('error', () => undefined)
      return socket
    })
    onTestFinished(() => slow.forEach(socket => socket.destroy()))
    const startedAt = performance.now()
    await expectHonestAnswer()
    expect(performance.now() - startedAt).toBeLessThan(heldUpMs)
  })
})

test('nothing of all this has ended a process, and all are healthy', async () => {
  expect(await pidsNow()).toEqual(pids)
  await until('all parts to be healthy', 30_000, async () => {
    const { healthy } = Status.parse((await send('GET', `${inject('endpoints').control.url}/status`)).json())
    return healthy
  })
})

test('no password stands in a connector, a log, a topic or the arguments of a process, and no other user can read the folder', async () => {
  const state = inject('stateDirectory')
  const passwords = [
    ...Object.values(
      z.record(z.string(), z.string()).parse(JSON.parse(await readFile(join(state, 'postgres/passwords.json'), 'utf8')))
    ),
    inject('endpoints').connect.password,
    inject('endpoints').registry.password
  ]
  expect(passwords.length).toBeGreaterThan(8)
  const { stdout: processes } = await promisify(execFile)('ps', ['-axww', '-o', 'args='], {
    maxBuffer: 64 * 1024 * 1024
  })
  const shown = [processes, await (await askConnect(inject('endpoints').connect, '/connectors?expand=info')).text()]
  expect(shown[1]).toContain('${secrets:students/students-db-debezium:password}')
  for (const name of await namesIn(state)) {
    const found = await unlessGone(stat(join(state, name)))
    if (!found) continue
    expect(found.mode & 0o077, name).toBe(0)
    if (/^(?:logs|kafka)\/.*\.log$/.test(name)) {
      shown.push((await unlessGone(readFile(join(state, name), 'latin1'))) ?? '')
    }
  }
  for (const text of shown) expect(passwords.filter(password => text.includes(password))).toEqual([])
})

test('nothing is connected to PostgreSQL as a superuser, and the owner runs no command', async () => {
  await withDatabase(async client => {
    const { rows } = await client.query<{ name: string }>(
      `select distinct usename as name from pg_stat_activity join pg_roles on rolname = usename
       where backend_type in ('client backend', 'walsender') and rolsuper`
    )
    expect(rows).toEqual([])
    await expect(client.query("copy users to program 'true'")).rejects.toThrow('permission denied')
  })
})

test('a users row of any size stops no connector, and an outbox row that no record can carry is refused', async () => {
  const userId = `large-${randomUUID()}`
  const { id } = await createStudent({ userId })
  await until('the letter', 30_000, async () => (await openLetters()).includes(id))
  await withDatabase(async client => {
    await client.query(
      "insert into users (id, name, email) values ($1, repeat('a', 3000000), repeat(chr(1), 2000000))",
      [userId]
    )
    await expect(
      client.query("insert into users (id, name, email) values (repeat('x', 100000), '', '')")
    ).rejects.toThrow('users_id_length')
    await expect(
      client.query(
        `insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey, traceparent, payload)
         values (gen_random_uuid(), 'student_create', 'k', 't', 's', 's', 't', 'c', 'd', '1', 'k', 't', decode(repeat('00', 1000000), 'hex'))`
      )
    ).rejects.toThrow('outbox_fits_a_record')
  })
  await until('the user to be seen', 30_000, async () => !(await openLetters()).includes(id))
})

/** Files and folders, at any depth: of a running stack, which removes some meanwhile. */
async function namesIn(folder: string): Promise<string[]> {
  const entries = (await unlessGone(readdir(folder, { withFileTypes: true }))) ?? []
  const inside = entries
    .filter(entry => entry.isDirectory())
    .map(async ({ name }) => (await namesIn(join(folder, name))).map(inner => join(name, inner)))
  return [...entries.map(({ name }) => name), ...(await Promise.all(inside)).flat()]
}

async function unlessGone<Found>(found: Promise<Found>): Promise<Found | undefined> {
  return found.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}

async function openLetters(): Promise<string> {
  return (await send('GET', `${functionUrl('deadLetterReplay')}/?state=open&limit=100`)).text
}

async function withDatabase(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('endpoints').postgres.url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

async function pidsNow(): Promise<Record<string, number | null>> {
  const endpoints = await readEndpoints(inject('stateDirectory'))
  if (!endpoints) throw new Error('the stack is gone')
  const { registry, connect: worker, dataplane, control, functions } = endpoints
  return {
    registry: registry.pid,
    connect: worker.pid,
    dataplane: dataplane.pid,
    control: control.pid,
    ...Object.fromEntries(Object.entries(functions).map(([name, { pid }]) => [name, pid]))
  }
}

/** The status of the answer to these bytes, or that there was none. */
function raw(url: string, bytes: string, withinMs: number): Promise<number | 'nothing'> {
  const { hostname, port } = new URL(url)
  return new Promise(fulfil => {
    let text = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
    const end = () => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
      if (status) fulfil(Number(status))
      else fulfil('nothing')
      socket.destroy()
    }
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n')) end()
    })
    socket.once('error', end)
    socket.once('close', end)
    socket.setTimeout(withinMs, end)
  })
}
