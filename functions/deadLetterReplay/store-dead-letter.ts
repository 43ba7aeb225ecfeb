// Keeps what Knative put on the dead letter topic.
//
// Most often it is the second copy: the function has recorded its own letter, in order and with its reason, and this
// one adds the last status. For an event that no function could record it is the only copy.
import { and, eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../runtime/host/database.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { newLetter, underOwnId, verifiedFirst } from '../runtime/delivery/dead-letters.ts'
import { findFailures } from '../runtime/delivery/failures.ts'
import { lockFence } from '../runtime/delivery/fence.ts'
import type { EventAttributes, ReceivedEvent } from '../runtime/events/received-event.ts'
import { studentEventAsJson } from '../students/student-events.ts'
import { positionOf } from '../runtime/delivery/position.ts'
import { originOf } from './letter-origin.ts'
import { handledEvents } from '../runtime/tables/deliveries.ts'
import { deadLetters, type failures } from '../runtime/tables/letters.ts'

/** What Knative has added to the event on its way here. */
const addedByKnative = ['knativeerrordest', 'knativeerrorcode', 'knativeerrordata']
/** What a function's answer has added, by its `kne-*` headers: see receive-event.ts. */
const addedByFunction = ['class', 'reason', 'detail']

/** Statuses that Knative has tried again before it gave up. */
const retriedStatus = (status: number) => status >= 500 || [404, 408, 409, 429].includes(status)

export async function storeDeadLetter(
  db: Database,
  event: ReceivedEvent,
  functionUrls: ReadonlyMap<string, string>
): Promise<'new' | 'known' | 'handled since'> {
  const { attributes } = event
  const functionName = functionAt(attributes.knativeerrordest, functionUrls) ?? attributes.function ?? 'unknown'
  const status = Number(attributes.knativeerrorcode) || null
  const position = positionOf(event)

  return inTransaction(db, async tx => {
    const origin = await originOf(tx, functionName, event, functionUrls)
    const handled = await isHandled(tx, functionName, event, position)
    const failed = await findFailures(tx, { functionName, source: event.source, eventId: event.id })
    const stored = await underOwnId(event, position, (eventId, isItsLetter) =>
      tx
        .insert(deadLetters)
        .values({
          ...newLetter(
            functionName,
            { ...event, attributes: originalAttributes(attributes) },
            position,
            studentEventAsJson(event.type, event.data)
          ),
          eventId,
          ...causeOf(attributes, status, failed?.errors.at(-1)?.error),
          ...(failed && seenByFunction(failed)),
          status,
          origin,
          state: handled ? 'resolved' : 'open',
          closedAt: handled ? sql`now()` : null
        })
        .onConflictDoUpdate({
          target: [deadLetters.function, deadLetters.source, deadLetters.eventId],
          setWhere: isItsLetter,
          set: { ...verifiedFirst, status: sql`coalesce(${status}::smallint, ${deadLetters.status})` }
        })
        .returning({ isNew: sql<boolean>`xmax = 0` })
    )
    if (handled) return 'handled since'
    return stored[0]?.isNew ? 'new' : 'known'
  })
}

/** Locks the fence, so that the function cannot handle the event between this look and the letter's insert. */
async function isHandled(
  tx: Transaction,
  functionName: string,
  event: ReceivedEvent,
  position: ReturnType<typeof positionOf>
): Promise<boolean> {
  if (position === undefined) return false
  await lockFence(tx, functionName, position.entity)
  const rows = await tx
    .select({ id: handledEvents.eventId })
    .from(handledEvents)
    .where(
      and(
        eq(handledEvents.function, functionName),
        eq(handledEvents.source, event.source),
        eq(handledEvents.eventId, event.id),
        eq(handledEvents.entity, position.entity), // an id that was used twice is another event
        eq(handledEvents.sequence, position.sequence)
      )
    )
  return rows.length > 0
}

type Cause = Pick<typeof deadLetters.$inferInsert, 'class' | 'reason' | 'detail'>

/**
 * A function says why with a 422 and with no other answer. On any other letter a `class`, `reason` or `detail` is an
 * attribute of the producer's own.
 */
function saidByFunction(attributes: EventAttributes): Cause | undefined {
  const { knativeerrorcode, class: letterClass, reason, detail } = attributes
  if (knativeerrorcode !== '422' || reason === undefined || detail === undefined) return undefined
  return letterClass === 'invalid' || letterClass === 'permanent' ? { class: letterClass, reason, detail } : undefined
}

/** What the function recorded of deliveries whose last one only Knative saw. */
function seenByFunction({ attempts, topic, partition, offset, firstFailedAt }: typeof failures.$inferSelect) {
  return { attempts, topic, partition, offset, firstFailedAt }
}

function causeOf(attributes: EventAttributes, status: number | null, lastError: string | undefined): Cause {
  const said = saidByFunction(attributes)
  if (said !== undefined) return said
  const because = lastError === undefined ? '' : `; it failed with: ${lastError}`
  if (status === null) return { class: 'unreachable', reason: 'unreachable', detail: `no answer${because}` }
  const detail = `the last try was answered with ${status}${because}`
  if (retriedStatus(status)) return { class: 'exhausted', reason: 'retries-exhausted', detail }
  return { class: 'permanent', reason: `status-${status}`, detail }
}

function originalAttributes(attributes: EventAttributes): EventAttributes {
  const added = new Set([...addedByKnative, ...(saidByFunction(attributes) ? addedByFunction : [])])
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !added.has(name)))
}

/**
 * The function whose address the event was sent to: Knative writes that on every dead letter, over whatever the event said.
 * An attribute `function` is the KafkaSource's word (ceOverrides) or a stranger's, and only for addresses that are not ours
 * any more does it decide: what a letter may do then depends on its origin.
 */
function functionAt(destination: string | undefined, functionUrls: ReadonlyMap<string, string>): string | undefined {
  if (destination === undefined || !URL.canParse(destination)) return undefined
  const { host } = new URL(destination)
  return [...functionUrls].find(([, url]) => new URL(url).host === host)?.[0]
}
