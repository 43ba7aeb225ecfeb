// What each failed delivery of an event was: its error, when, and where in the sources it was thrown. Knative keeps no more than
// the last status, so the function writes it down itself, before it answers. A success writes nothing.
import { and, eq, sql } from 'drizzle-orm'
import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentFailure } from '../errors.ts'
import type { EventAttributes, ReceivedEvent } from '../events/received-event.ts'
import type { Database, Transaction } from '../host/database.ts'
import { describeError } from '../host/database-errors.ts'
import type { Log } from '../host/log.ts'
import { traceId } from '../host/trace.ts'
import { currentSpan } from '../host/tracing/spans.ts'
import { withoutSecrets } from '../host/without-secrets.ts'
import { type FailedAttempt, failures } from '../tables/letters.ts'
import { positionOf } from './position.ts'

/** Kept of one event; the newest. */
const maxAttempts = 20
/** Of one error. */
const maxErrorLength = 500
/** Of the stack of the last one. */
const maxStackLength = 4_000
/** The answer waits no longer: a database that fails events fails this too. */
const maxWaitMs = 1_000

type Handle<Result> = (event: ReceivedEvent, traceparent: string | undefined) => Promise<Result>

/** Records what fails for now. A permanent failure is recorded with its letter. */
export function recordingFailures<Result>(
  db: Database,
  functionName: string,
  log: Log,
  handle: Handle<Result>
): Handle<Result> {
  return async (event, traceparent) => {
    try {
      return await handle(event, traceparent)
    } catch (error) {
      if (!(error instanceof PermanentFailure)) {
        const recorded = recordFailure(db, functionName, event, error, event).catch((failure: unknown) =>
          log.warn(describeError(failure), 'a failed attempt could not be recorded')
        )
        await Promise.race([recorded, sleep(maxWaitMs, undefined, { ref: false })])
      }
      throw error
    }
  }
}

/** Keeps attributes and data while nothing else does: see the table. */
export async function recordFailure(
  db: Database | Transaction,
  functionName: string,
  event: ReceivedEvent,
  error: unknown,
  { attributes, data }: { readonly attributes: EventAttributes | null; readonly data: Buffer | null }
): Promise<void> {
  const { reason, stack = '' } = describeError(error)
  const span = currentSpan()
  const attempt: FailedAttempt = {
    at: new Date().toISOString(),
    error: bounded(reason, maxErrorLength),
    ...(span && { traceparent: span.traceparent })
  }
  const { kafkatopic: topic, knativekafkapartition: partition, knativekafkaoffset: offset } = event.attributes
  const { entity = null, sequence = null } = positionOf(event) ?? {}
  const last = { errors: [attempt], stack: bounded(stack, maxStackLength), attributes, data }
  await db
    .insert(failures)
    .values({
      function: functionName,
      source: event.source,
      eventId: event.id,
      type: event.type,
      entity,
      sequence,
      topic,
      partition: wholeNumber(partition, 9),
      offset: wholeNumber(offset, 15),
      traceId: traceId(event.attributes.traceparent),
      ...last
    })
    .onConflictDoUpdate({
      target: [failures.function, failures.source, failures.eventId],
      set: {
        attempts: sql`${failures.attempts} + 1`,
        errors: sql`case when jsonb_array_length(${failures.errors}) < ${maxAttempts} then ${failures.errors}
          else ${failures.errors} - 0 end || excluded.errors`,
        stack: last.stack,
        attributes,
        data,
        lastFailedAt: sql`now()`
      }
    })
}

/** What was recorded for an event; undefined where nothing failed, or its function has no database. */
export async function findFailures(
  db: Database | Transaction,
  { functionName, source, eventId }: { functionName: string; source: string; eventId: string }
): Promise<typeof failures.$inferSelect | undefined> {
  const isOfEvent = and(eq(failures.function, functionName), eq(failures.source, source), eq(failures.eventId, eventId))
  const [found] = await db.select().from(failures).where(isOfEvent)
  return found
}

/** PostgreSQL keeps no NUL. */
const bounded = (text: string, maxLength: number) =>
  withoutSecrets(text.replaceAll('\0', '')).slice(0, maxLength).toWellFormed()

const wholeNumber = (digits: string | undefined, maxDigits: number) =>
  digits !== undefined && digits.length <= maxDigits && /^\d+$/.test(digits) ? Number(digits) : undefined
