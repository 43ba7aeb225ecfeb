// Letters for people: newest first, decoded, with what waits behind each; and how many there are of each kind.
import { and, asc, desc, eq, getTableColumns, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { findFailures } from '../runtime/delivery/failures.ts'
import type { Database } from '../runtime/host/database.ts'
import { Problem } from '../runtime/host/problem.ts'
import { heldEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters } from '../runtime/tables/letters.ts'
import { replayItems, replayJobs } from '../runtime/tables/replays.ts'
import { traceId } from '../runtime/host/trace.ts'
import type { DecodeData } from './decode-data.ts'
import { holdsBack } from './holds-back.ts'
import { letterAsEvent, type LetterEvent, type WholeLetter } from './letter-as-event.ts'
import { type GroupQuery, type LetterQuery, matches } from './letter-filter.ts'

/** Of data shown in a listing: a page of large letters must not fill the memory. One letter alone is shown whole. */
const maxListedBytes = 64 * 1024
/** Of data and attributes on one page: it ends with the letter that goes beyond. */
const maxPageBytes = 4 * 1024 * 1024
/** Of held events shown with one letter. */
const maxHeld = 100

const heldBehind = sql<number>`(
  select count(*)::int from held_events
  where held_events.function = dead_letters.function and held_events.entity = dead_letters.entity
    and held_events.sequence > dead_letters.sequence and ${holdsBack('dead_letters')}
)`

/** What a listing knows of a letter; its data only where they are shown. `decoded` is for searching. */
const { decoded: _decoded, data: _data, editedData: _editedData, ...letterFacts } = getTableColumns(deadLetters)
const wholeLetter = { ...letterFacts, data: deadLetters.data }
const dataBytes = sql<number>`octet_length(${deadLetters.data})`
const attributesBytes = sql<number>`octet_length(${deadLetters.attributes}::text)`
const listedData = sql<Buffer | null>`case when ${dataBytes} <= ${sql.raw(String(maxListedBytes))} then ${deadLetters.data} end`

/** A page of letters; shorter than asked for where they are large. */
export async function readLetters(db: Database, query: LetterQuery, decode: DecodeData) {
  const { ids, next } = await readPage(db, query, sql`coalesce(octet_length(${listedData}), 0) + ${attributesBytes}`)
  const rows = await db
    .select({ letter: { ...letterFacts, data: listedData }, dataBytes, held: heldBehind })
    .from(deadLetters)
    .where(inArray(deadLetters.id, ids))
    .orderBy(desc(deadLetters.id))
  const shown = rows.map(async ({ letter: { data, ...facts }, dataBytes: bytes, held }) => ({
    ...describeFacts(facts, held),
    data: data === null ? { bytes } : await decode(facts.attributes, data)
  }))
  return { deadLetters: await Promise.all(shown), ...(next ? { next } : {}) }
}

/** The same page as whole events. */
export async function readLetterEvents(db: Database, query: LetterQuery) {
  const { ids, next } = await readPage(db, query, sql`${dataBytes} + ${attributesBytes}`)
  const letters = await db
    .select(wholeLetter)
    .from(deadLetters)
    .where(inArray(deadLetters.id, ids))
    .orderBy(desc(deadLetters.id))
  return { events: letters.map(letterAsEvent), next }
}

/** @throws Problem 404 */
export async function readLetterEvent(db: Database, id: string): Promise<LetterEvent> {
  return letterAsEvent((await findLetter(db, id)).letter)
}

/** One letter with its replays and the events it holds back. @throws Problem 404 */
export async function readLetter(db: Database, id: string, decode: DecodeData) {
  const { letter, editedData, held } = await findLetter(db, id)
  const history = await db
    .select({
      replay: replayItems.jobId,
      name: replayJobs.name,
      result: replayItems.state,
      tries: replayItems.tries,
      status: replayItems.status,
      detail: replayItems.detail,
      finishedAt: replayItems.finishedAt
    })
    .from(replayItems)
    .innerJoin(replayJobs, eq(replayJobs.id, replayItems.jobId))
    .where(eq(replayItems.letterId, letter.id))
    .orderBy(asc(replayItems.jobId))
  const heldEventsBehind = await db
    .select({ sequence: heldEvents.sequence, event: heldEvents.attributes, heldAt: heldEvents.heldAt })
    .from(heldEvents)
    .where(and(eq(heldEvents.function, letter.function), eq(heldEvents.entity, letter.entity ?? '')))
    .orderBy(asc(heldEvents.sequence))
    .limit(maxHeld)
  const { function: functionName, source, attributes } = letter
  const failed = await findFailures(db, { functionName, source, eventId: attributes.id ?? letter.eventId })
  const data = await decode(attributes, letter.data)
  const facts = describeFacts(letter, held)
  return {
    ...facts,
    edit: facts.edit && editedData && { ...facts.edit, data: await decode(attributes, editedData) },
    /** The newest failed deliveries, oldest first, and where in the sources the last one was thrown. */
    errors: failed?.errors ?? [],
    stack: failed?.stack.split('\n').filter(Boolean) ?? [],
    data,
    history,
    heldEvents: heldEventsBehind
  }
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

/** The ids of one page, by what each letter weighs. PostgreSQL knows how many bytes a letter has without reading them. */
async function readPage(db: Database, query: LetterQuery, weight: SQL) {
  const rows = await db
    .select({
      id: deadLetters.id,
      before: sql`sum(${weight}) over (order by ${deadLetters.id} desc) - (${weight})`.mapWith(Number)
    })
    .from(deadLetters)
    .where(onPage(query))
    .orderBy(desc(deadLetters.id))
    .limit(query.limit + 1)
  const ids = rows
    .filter(({ before }) => before < maxPageBytes)
    .slice(0, query.limit)
    .map(({ id }) => id)
  return { ids, next: ids.length < rows.length ? ids.at(-1) : undefined }
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
    .select({ letter: wholeLetter, editedData: deadLetters.editedData, held: heldBehind })
    .from(deadLetters)
    .where(eq(sql`${deadLetters.id}::text`, id))
  if (found === undefined) throw new Problem(404, 'unknown-letter', 'Unknown letter', `no letter has the id ${id}`)
  return found
}

function describeFacts(letter: Omit<WholeLetter, 'data'>, held: number) {
  return {
    id: letter.id,
    function: letter.function,
    reason: letter.reason,
    class: letter.class,
    state: letter.state,
    origin: letter.origin,
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
    /** What makes the letter due when it appears, such as `user:user-9`, and from when on it is replayed automatically. */
    waitsFor: letter.waitsFor,
    dueAt: letter.dueAt,
    /** The second version of its data, which is what a replay sends. */
    edit: letter.editedAt && { at: letter.editedAt, by: letter.editedBy, reason: letter.editedBecause },
    traceId: traceId(letter.attributes.traceparent) ?? null,
    /** Later events of the same student that wait behind this letter. */
    held,
    event: letter.attributes
  }
}
