// Sends letters that are due. All it knows is in the database: letters are leased with SKIP LOCKED, so that several
// replayers share the work and one that dies is taken over when its leases end.
import { eq, sql } from 'drizzle-orm'
import type { Database } from '../shared/database.ts'
import type { Log } from '../shared/log.ts'
import { deadLetters } from '../shared/tables.ts'
import { sendLetter } from './send-letter.ts'

/** Letters under way at once, and taken from the database at once. */
const concurrency = 8
/** Tries in a row before a letter waits for a person again. */
const maxTries = 8
const firstBackoffMs = 500

export interface Replayer {
  /** Looks for due letters now instead of at the next poll. */
  wake(): void
  /** Stops taking letters and waits for those under way. */
  stop(): Promise<void>
}

type Letter = typeof deadLetters.$inferSelect

export function startReplayer(
  db: Database,
  log: Log,
  options: {
    readonly functionUrls: ReadonlyMap<string, string>
    readonly pollMs: number
    readonly timeoutMs: number
  }
): Replayer {
  /** Tries in a row of the letters that this replayer sends again by itself. */
  const tries = new Map<string, number>()
  const stop = new AbortController()
  let wake = () => {}

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const wait = new Promise<void>(resolve => {
        const timer = setTimeout(resolve, options.pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      const found = await sendDue().catch((error: unknown) => {
        log.warn({ reason: String(error) }, 'cannot look for letters that are due')
        return 0
      })
      if (found === 0) await wait
    }
  }

  async function sendDue(): Promise<number> {
    const letters = await lease(db, options.timeoutMs)
    await Promise.all(letters.map(send))
    return letters.length
  }

  async function send(letter: Letter): Promise<void> {
    const url = options.functionUrls.get(letter.function)
    if (url === undefined) {
      await reopen(letter, null, `no address is configured for the function ${letter.function}`)
      return
    }
    const result = await sendLetter(url, letter, options.timeoutMs)
    const facts = { letter: letter.id, function: letter.function, eventId: letter.eventId, student: letter.studentId }
    if (result.outcome === 'done') {
      tries.delete(letter.id)
      await db
        .update(deadLetters)
        .set({ state: 'resolved', closedAt: sql`coalesce(${deadLetters.closedAt}, now())`, leasedUntil: null })
        .where(eq(deadLetters.id, letter.id))
      log.info(facts, 'replayed')
      return
    }
    const retry = result.outcome === 'try-again'
    const nth = (tries.get(letter.id) ?? 0) + 1
    const backoffMs = retry && nth < maxTries ? firstBackoffMs * 2 ** (nth - 1) : null
    if (backoffMs === null) tries.delete(letter.id)
    else tries.set(letter.id, nth)
    await reopen(letter, backoffMs, result.detail)
    log.warn({ ...facts, status: result.status, detail: result.detail, nextTryInMs: backoffMs }, 'replay failed')
  }

  /** A due time that the function itself has set meanwhile stays: its user has just appeared. */
  async function reopen(letter: Letter, backoffMs: number | null, detail: string): Promise<void> {
    await db
      .update(deadLetters)
      .set({
        state: 'open',
        leasedUntil: null,
        lastFailedAt: sql`now()`,
        ...(backoffMs === null ? {} : { dueAt: sql`now() + ${`${backoffMs} milliseconds`}::interval` }),
        ...(letter.class === 'unreachable' || letter.class === 'exhausted' ? { detail } : {})
      })
      .where(eq(deadLetters.id, letter.id))
  }

  const finished = run()
  return {
    wake: () => wake(),
    async stop() {
      stop.abort()
      wake()
      await finished
    }
  }
}

/** Takes letters that are due, and those whose replayer has died; of one student the earliest first. */
async function lease(db: Database, timeoutMs: number): Promise<Letter[]> {
  const leaseFor = `${timeoutMs + 10_000} milliseconds`
  return db
    .update(deadLetters)
    .set({
      state: 'replaying',
      dueAt: null,
      replays: sql`${deadLetters.replays} + 1`,
      leasedUntil: sql`now() + ${leaseFor}::interval`
    })
    .where(
      sql`${deadLetters.id} in (
        select id from dead_letters
        where (state = 'open' and due_at <= now()) or (state = 'replaying' and leased_until < now())
        order by student_id, sequence, id
        limit ${concurrency}
        for update skip locked
      )`
    )
    .returning()
}
