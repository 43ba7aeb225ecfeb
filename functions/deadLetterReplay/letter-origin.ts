// Whether a letter's event is a real one. Anybody who reaches the dead letter topic can write letters that look like any other,
// and a replay would run a function on them.
//
//   delivered    the function recorded the letter itself: whoever sent the event could as well have had it applied
//   published    only Knative saw it fail, and the outbox has this very event
//   command      it claims no place in anybody's order: whoever sent it may send it again, and its function checks it again
//   unverified   none of these: it is kept, holds no place, and is replayed only when a person says so
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../runtime/host/database.ts'
import { positionOf } from '../runtime/delivery/position.ts'
import type { ReceivedEvent } from '../runtime/events/received-event.ts'
import type { letterOrigins } from '../runtime/tables/letters.ts'
import { outbox } from '../runtime/tables/publishing.ts'

type Origin = (typeof letterOrigins)[number]

/** Of an event that came as a dead letter, for the function that it failed in. */
export async function originOf(
  tx: Transaction,
  functionName: string,
  event: ReceivedEvent,
  functionUrls: ReadonlyMap<string, string>
): Promise<Origin> {
  if (positionOf(event) === undefined) return functionUrls.has(functionName) ? 'command' : 'unverified'
  const { attributes } = event
  // The outbox keeps its rows for longer than a dead letter needs to come here: infra/jobs/prune.ts.
  const isPublished = await tx.$count(
    outbox,
    and(
      eq(sql`${outbox.id}::text`, event.id),
      eq(outbox.source, event.source),
      eq(outbox.type, event.type),
      eq(outbox.subject, attributes.subject ?? ''),
      eq(outbox.sequence, attributes.sequence ?? ''),
      eq(outbox.predecessors, attributes.predecessors ?? 'unknown'),
      eq(outbox.contentType, attributes.datacontenttype ?? ''),
      eq(outbox.payload, event.data)
    )
  )
  return isPublished > 0 ? 'published' : 'unverified'
}

/**
 * Whether a letter's event belongs where it claims to, by the name that the letter has in the query: giving it up gives its
 * place up. It does not where another event was published for that place, or another one was done there.
 */
export const ownsPlace = (letter: string): SQL =>
  sql.raw(`(
    ${letter}.origin <> 'unverified' and ${letter}.reason <> 'sequence-taken'
    and not exists (
      select from outbox published
      where published.subject = ${letter}.entity and published.sequence = lpad(${letter}.sequence::text, 10, '0')
        and published.id::text <> ${letter}.attributes->>'id'
    )
  )`)
