// Callers that create and change students all the while, and keep what was accepted: the first of the histories that
// are compared in the end. Every command is repeated under its key until it is answered, as a careful caller would.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Random } from './random.ts'

export interface LoadOptions {
  readonly createUrl: string
  readonly updateUrl: string
  /** Marks everything that this run wrote: the domain of the students' addresses. */
  readonly mark: string
  readonly perSecond: number
  /** One student in so many has a user who comes later; 0 is none. */
  readonly lateUserEvery: number
  readonly random: Random
}

export interface AcceptedStudent {
  readonly email: string
  /** Of the last change that was accepted. */
  version: number
}

export interface Load {
  /** By id. */
  readonly accepted: ReadonlyMap<string, AcceptedStudent>
  /** Users that do not exist yet, of students that were sent. */
  readonly missingUsers: Set<string>
  readonly counts: { sent: number; repeated: number; skipped: number }
  /** A student whose user comes later, now; the id, once it is accepted. */
  enrolStranger(): Promise<string | undefined>
  /** No new commands; waits until each one under way is answered. */
  stop(timeoutMs: number): Promise<void>
}

/** Commands under way at once; beyond it a tick is skipped. */
const maxInFlight = 32
const requestTimeoutMs = 10_000
const repeatAfterMs = 500
const existingUsers = ['user-1', 'user-2', 'user-3'] as const
const maxVersions = 20

const Student = z.object({ id: z.string(), version: z.number() })

export function startLoad({ createUrl, updateUrl, mark, perSecond, lateUserEvery, random }: LoadOptions): Load {
  const accepted = new Map<string, AcceptedStudent>()
  const missingUsers = new Set<string>()
  const counts = { sent: 0, repeated: 0, skipped: 0 }
  const underWay = new Set<Promise<void>>()
  const giveUp = new AbortController()
  let number = 0

  const timer = setInterval(() => {
    if (underWay.size >= maxInFlight) {
      counts.skipped++
      return
    }
    const ids = [...accepted.keys()]
    const command =
      random.next() < 0.5 || ids.length === 0 ? create() : update(ids[random.between(0, ids.length - 1)] ?? '')
    const tracked = command.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }, 1_000 / perSecond)

  async function create(): Promise<void> {
    const n = ++number
    const isStranger = lateUserEvery > 0 && n % lateUserEvery === 0
    const userId = random.pick(existingUsers)
    await enrol(n, isStranger ? stranger(n) : userId)
  }

  function stranger(n: number): string {
    const userId = `late-${n}-${mark}`
    missingUsers.add(userId)
    return userId
  }

  async function enrol(n: number, userId: string): Promise<string | undefined> {
    const email = `student-${n}@${mark}`
    const student = await untilAnswered('POST', createUrl, `create-${n}-${mark}`, {
      userId,
      name: `Student ${n}`,
      email
    })
    if (student) accepted.set(student.id, { email, version: student.version })
    return student?.id
  }

  async function update(id: string): Promise<void> {
    const known = accepted.get(id)
    if (known === undefined || known.version >= maxVersions) return
    const n = ++number
    const student = await untilAnswered('PATCH', `${updateUrl}/${id}`, `update-${n}-${mark}`, { name: `Changed ${n}` })
    if (student) known.version = Math.max(known.version, student.version)
  }

  async function untilAnswered(method: string, url: string, key: string, body: object) {
    counts.sent++
    while (!giveUp.signal.aborted) {
      const answer = await ask(method, url, key, body).catch(() => undefined)
      if (answer) return answer
      counts.repeated++
      await sleep(repeatAfterMs)
    }
    return undefined
  }

  async function ask(method: string, url: string, key: string, body: object) {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(requestTimeoutMs)
    })
    const text = await response.text()
    return response.ok ? Student.parse(JSON.parse(text)) : undefined
  }

  return {
    accepted,
    missingUsers,
    counts,
    async enrolStranger() {
      const n = ++number
      return enrol(n, stranger(n))
    },
    async stop(timeoutMs) {
      clearInterval(timer)
      const timeout = setTimeout(() => giveUp.abort(), timeoutMs)
      await Promise.all(underWay)
      clearTimeout(timeout)
    }
  }
}
