// The one place where a failed event becomes a letter, whoever failed it.
import type { JsonValue } from '@bufbuild/protobuf'
import { and, eq, or, type SQL, sql } from 'drizzle-orm'
import { createHash } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Transaction } from '../host/database.ts'
import { ownNames } from '../host/tracing/attribute-names.ts'
import { currentSpan } from '../host/tracing/spans.ts'
import type { PermanentFailure } from '../errors.ts'
import type { EventAttributes, ReceivedEvent } from '../events/received-event.ts'
import type { DeliveredFunction } from './delivered-function.ts'
import { recordFailure } from './failures.ts'
import type { Place, Position } from './position.ts'
import { deadLetters } from '../tables/letters.ts'

/** Of `detail`, which goes into a header and into the database. */
const maxDetailLength = 500

/**
 * Records that a function failed an event permanently; a second failure of the same event counts on its letter.
 * A letter that waits for something is due at once when that is there by now: the lock makes this check and the report of
 * its appearance take turns, so that what appears at this very moment is not missed.
 */
export async function recordLetter(
  tx: Transaction,
  fn: Pick<DeliveredFunction, 'name' | 'accepts'>,
  event: ReceivedEvent,
  failure: PermanentFailure,
  place?: Place
): Promise<void> {
  const { waitsFor } = failure
  const decoded = fn.accepts.find(({ type }) => type === event.type)?.asJson(event.data)
  if (waitsFor) await lockAwaited(tx, waitsFor.key)
  const { kafkatopic: topic, knativekafkapartition: partition, knativekafkaoffset: offset } = event.attributes
  const found = {
    predecessor: place?.predecessor ?? null,
    topic: topic ?? null,
    partition: partition === undefined ? null : Number(partition),
    offset: offset === undefined ? null : Number(offset),
    class: failure.class,
    reason: failure.reason,
    detail: failure.message.slice(0, maxDetailLength),
    status: 422,
    waitsFor: waitsFor?.key ?? null,
    dueAt: (await waitsFor?.isThere(tx)) ? sql`now()` : null
  }
  await recordFailure(tx, fn.name, event, failure, { attributes: null, data: null }) // the letter has them
  const [letter] = await underOwnId(event, place, (eventId, isItsLetter) =>
    tx
      .insert(deadLetters)
      .values({ ...newLetter(fn.name, event, place, decoded), eventId, attempts: 1, ...found, origin: 'delivered' })
      .onConflictDoUpdate({
        target: [deadLetters.function, deadLetters.source, deadLetters.eventId],
        setWhere: isItsLetter,
        set: {
          ...found,
          ...verifiedFirst,
          // A replay comes from no record: what is known of the first one stays.
          topic: sql`coalesce(excluded.topic, ${deadLetters.topic})`,
          partition: sql`coalesce(excluded.partition, ${deadLetters.partition})`,
          offset: sql`coalesce(excluded."offset", ${deadLetters.offset})`,
          attempts: sql`coalesce(${deadLetters.attempts}, 0) + 1`,
          lastFailedAt: sql`now()`,
          closedAt: sql`case when ${deadLetters.state} = 'discarded' then ${deadLetters.closedAt} end`,
          closedBecause: sql`case when ${deadLetters.state} = 'discarded' then ${deadLetters.closedBecause} end`,
          state: sql`case when ${deadLetters.state} = 'resolved' then 'open' else ${deadLetters.state} end`
        }
      })
      .returning({ id: deadLetters.id })
  )
  currentSpan()?.set({ [ownNames.letter]: letter?.id, [ownNames.reason]: failure.reason })
}

/**
 * Writes a letter under the id of its event; where another event with the same id has that letter, under an id made from
 * the content, so that the bytes of neither are lost. `attributes` keep the id that it was published with.
 */
export async function underOwnId<Row>(
  event: ReceivedEvent,
  position: Position | undefined,
  upsert: (eventId: string, isItsLetter: SQL | undefined) => Promise<Row[]>
): Promise<Row[]> {
  const isItsLetter = and(
    sql`${deadLetters.entity} is not distinct from ${position?.entity ?? null}`,
    sql`${deadLetters.sequence} is not distinct from ${position?.sequence ?? null}`,
    or(eq(deadLetters.data, event.data), eq(deadLetters.editedData, event.data))
  )
  const written = await upsert(event.id, isItsLetter)
  if (written.length > 0) return written
  const place = JSON.stringify([position?.entity, position?.sequence])
  const digest = createHash('sha256').update(place).update(event.data).digest('hex')
  return upsert(`${event.id}#${digest.slice(0, 16)}`, isItsLetter)
}

/**
 * A letter of unknown origin whose event comes in earnest becomes that event's. Not while a person has it replayed: then it
 * is the letter itself that comes, whatever its origin.
 */
const isUnverified = sql`dead_letters.origin = 'unverified' and dead_letters.state <> 'replaying'`
export const verifiedFirst = {
  origin: sql`case when ${isUnverified} then excluded.origin else dead_letters.origin end`,
  attributes: sql`case when ${isUnverified} then excluded.attributes else dead_letters.attributes end`
}

/** What every letter has of its event, whoever saw it fail. */
export function newLetter(
  functionName: string,
  event: ReceivedEvent,
  position: Position | undefined,
  decoded: JsonValue | undefined
) {
  return {
    id: uuidv7(),
    function: functionName,
    source: event.source,
    eventId: event.id, // as a key: see underOwnId
    entity: position?.entity ?? null,
    sequence: position?.sequence ?? null,
    attributes: asPublished(event.attributes),
    data: event.data,
    decoded: searchable(decoded)
  }
}

/** The data as JSON to search in; PostgreSQL keeps no NUL in it. */
function searchable(decoded: JsonValue | undefined): JsonValue | undefined {
  return JSON.stringify(decoded)?.includes('\\u0000') ? undefined : decoded
}

/** Without what a KafkaSource adds on delivery, which the letter's own columns say. */
function asPublished(attributes: EventAttributes): EventAttributes {
  const { function: _, knativekafkapartition: _partition, knativekafkaoffset: _offset, ...published } = attributes
  return published
}

/** Until the transaction ends, nobody else decides what it means for letters that `key` is missing or has appeared. */
export async function lockAwaited(tx: Transaction, key: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`)
}
