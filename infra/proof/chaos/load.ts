// Callers that create and change students all the while, and keep what was accepted: the first of the histories that
// are compared in the end.
import { createCarefulCaller } from './careful-caller.ts'
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
const existingUsers = ['user-1', 'user-2', 'user-3'] as const
const maxVersions = 20

export function startLoad({ createUrl, updateUrl, mark, perSecond, lateUserEvery, random }: LoadOptions): Load {
  const accepted = new Map<string, AcceptedStudent>()
  const missingUsers = new Set<string>()
  const counts = { sent: 0, repeated: 0, skipped: 0 }
  const underWay = new Set<Promise<void>>()
  const giveUp = new AbortController()
  const call = createCarefulCaller(counts, giveUp.signal)
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
    const student = await call('POST', createUrl, `create-${n}-${mark}`, {
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
    const student = await call('PATCH', `${updateUrl}/${id}`, `update-${n}-${mark}`, { name: `Changed ${n}` })
    if (student) known.version = Math.max(known.version, student.version)
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
