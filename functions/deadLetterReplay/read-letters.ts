// Letters for people: newest first, decoded, with what waits behind each; and how many there are of each kind.
import { and, asc, desc, eq, lt, sql } from 'drizzle-orm'
import type { Database } from '../runtime/host/database.ts'
import { Problem } from '../runtime/host/problem.ts'
import { deadLetters, heldEvents, replayItems, replayJobs } from '../students/tables.ts'
import { traceId } from '../runtime/host/trace.ts'
import type { DecodeData } from './decode-data.ts'
import { holdsBack } from './holds-back.ts'
import { letterAsEvent, type LetterEvent } from './letter-as-event.ts'
import { type GroupQuery, type LetterQuery, matches } from './letter-filter.ts'

/** Of data shown in a listing: a page of large letters must not fill the memory. One letter alone is shown whole. */
const maxListedBytes = 64 * 1024
/** Of data in one batch of events, where each is whole: the page ends with the letter that goes beyond. */
const maxBatchBytes = 4 * 1024 * 1024
/** Of held events shown with one letter. */
const maxHeld = 100

const heldBehind = sql<number>`(
  select count(*)::int from held_events
  where held_events.function = dead_letters.function and held_events.student_id = dead_letters.student_id
    and held_events.sequence > dead_letters.sequence and ${holdsBack('dead_letters')}
)`

export async function readLetters(db: Database, query: LetterQuery, decode: DecodeData) {
  const decodeListed: DecodeData = async (attributes, data) =>
    data.length > maxListedBytes ? { bytes: data.length } : decode(attributes, data)
  const rows = await db
    .select({ letter: deadLetters, held: heldBehind })
    .from(deadLetters)
    .where(onPage(query))
    .orderBy(desc(deadLetters.id))
    .limit(query.limit + 1)
  const page = rows.slice(0, query.limit)
  const next = rows.length > query.limit ? page.at(-1)?.letter.id : undefined
  return {
    deadLetters: await Promise.all(page.map(({ letter, held }) => describeLetter(letter, held, decodeListed))),
    ...(next ? { next } : {})
  }
}

/** The same page as whole events; shorter where their data is large. */
export async function readLetterEvents(db: Database, query: LetterQuery) {
  // Of bytes before each letter: PostgreSQL knows how many a letter has without reading them.
  const sizes = db.$with('sizes').as(
    db
      .select({
        id: deadLetters.id,
        before: sql<number>`sum(octet_length(${deadLetters.data})) over (order by ${deadLetters.id} desc)
          - octet_length(${deadLetters.data})`.as('before')
      })
      .from(deadLetters)
      .where(onPage(query))
      .orderBy(desc(deadLetters.id))
      .limit(query.limit + 1)
  )
  const rows = await db
    .with(sizes)
    .select({ letter: deadLetters, listed: sql<number>`(select count(*)::int from ${sizes})` })
    .from(deadLetters)
    .innerJoin(sizes, and(eq(sizes.id, deadLetters.id), lt(sizes.before, maxBatchBytes)))
    .orderBy(desc(deadLetters.id))
    .limit(query.limit)
  const next = rows.length < (rows[0]?.listed ?? 0) ? rows.at(-1)?.letter.id : undefined
  return { events: rows.map(({ letter }) => letterAsEvent(letter)), next }
}

/** @throws Problem 404 */
export async function readLetterEvent(db: Database, id: string): Promise<LetterEvent> {
  return letterAsEvent((await findLetter(db, id)).letter)
}

/** One letter with its replays and the events it holds back. @throws Problem 404 */
export async function readLetter(db: Database, id: string, decode: DecodeData) {
  const { letter, held } = await findLetter(db, id)
  const history = await db
    .select({
      replay: replayItems.jobId,
      name: replayJobs.name,
      result: replayItems.state,
      tries: replayItems.tries,
      status: replayItems.status,
      detail: replayItems.detail,
      sentAs: replayItems.editedId,
      finishedAt: replayItems.finishedAt
    })
    .from(replayItems)
    .innerJoin(replayJobs, eq(replayJobs.id, replayItems.jobId))
    .where(eq(replayItems.letterId, letter.id))
    .orderBy(asc(replayItems.jobId))
  const heldEventsBehind = await db
    .select({ sequence: heldEvents.sequence, event: heldEvents.attributes, heldAt: heldEvents.heldAt })
    .from(heldEvents)
    .where(and(eq(heldEvents.function, letter.function), eq(heldEvents.studentId, letter.studentId ?? '')))
    .orderBy(asc(heldEvents.sequence))
    .limit(maxHeld)
  return { ...(await describeLetter(letter, held, decode)), history, heldEvents: heldEventsBehind }
}

export async function groupLetters(db: Database, query: GroupQuery) {
  const groups = await db
    .select({
      function: deadLetters.function,
      reason: deadLetters.reason,
      class: deadLetters.class,
      state: deadLetters.state,
      count: sql<number>`count(*)::int`,
      firstFailedAt: sql`min(${deadLetters.firstFailedAt})`.mapWith(deadLetters.firstFailedAt),
      lastFailedAt: sql`max(${deadLetters.lastFailedAt})`.mapWith(deadLetters.lastFailedAt)
    })
    .from(deadLetters)
    .where(and(matches(query), query.state === undefined ? undefined : eq(deadLetters.state, query.state)))
    .groupBy(deadLetters.function, deadLetters.reason, deadLetters.class, deadLetters.state)
    .orderBy(desc(sql`count(*)`))
  return { groups }
}

function onPage(query: LetterQuery) {
  return and(
    matches(query),
    query.state === undefined ? undefined : eq(deadLetters.state, query.state),
    query.after === undefined ? undefined : lt(deadLetters.id, query.after)
  )
}

async function findLetter(db: Database, id: string) {
  const [found] = await db
    .select({ letter: deadLetters, held: heldBehind })
    .from(deadLetters)
    .where(eq(sql`${deadLetters.id}::text`, id))
  if (found === undefined) throw new Problem(404, 'unknown-letter', 'Unknown letter', `no letter has the id ${id}`)
  return found
}

async function describeLetter(letter: typeof deadLetters.$inferSelect, held: number, decode: DecodeData) {
  return {
    id: letter.id,
    function: letter.function,
    reason: letter.reason,
    class: letter.class,
    state: letter.state,
    detail: letter.detail,
    status: letter.status,
    topic: letter.topic ?? 'unknown',
    partition: letter.partition ?? 'unknown',
    offset: letter.offset ?? 'unknown',
    attempts: letter.attempts ?? 'unknown',
    replays: letter.replays,
    firstFailedAt: letter.firstFailedAt,
    lastFailedAt: letter.lastFailedAt,
    closedAt: letter.closedAt,
    closedBecause: letter.closedBecause,
    traceId: traceId(letter.attributes.traceparent) ?? null,
    /** Later events of the same student that wait behind this letter. */
    held,
    event: letter.attributes,
    data: await decode(letter.attributes, letter.data)
  }
}
