// The engine with its guards taken out, in the test's own process.
import { sql } from 'drizzle-orm'
import type { Database } from '../../../../functions/runtime/host/database.ts'
import { inTransaction } from '../../../../functions/runtime/host/transaction.ts'
import type { DeliveredFunction } from '../../../../functions/runtime/delivery/delivered-function.ts'
import type { ReceivedEvent } from '../../../../functions/runtime/events/received-event.ts'
import { positionOf } from '../../../../functions/runtime/delivery/position.ts'
import { readTyped } from '../../../../functions/runtime/events/event-type.ts'
import { fences, handledEvents } from '../../../../functions/runtime/tables/deliveries.ts'

/** The engine with its comparison of sequences taken out. */
export async function withoutFence(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  const position = positionOf(event)
  if (position === undefined) throw new Error('not about a student')
  await inTransaction(db, async tx => {
    await fn.handle(readTyped(event, fn.accepts), { tx })
    await tx.insert(handledEvents).values({ function: fn.name, source: event.source, eventId: event.id, ...position })
    await tx
      .insert(fences)
      .values({ function: fn.name, ...position })
      .onConflictDoUpdate({
        target: [fences.function, fences.entity],
        set: { sequence: sql`greatest(fences.sequence, excluded.sequence)` }
      })
  })
}

/** Neither compared with the fence nor refused for having been handled. */
export async function withoutGuards(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  const position = positionOf(event)
  if (position === undefined) throw new Error('not about a student')
  await inTransaction(db, async tx => {
    await fn.handle(readTyped(event, fn.accepts), { tx })
    const handled = { function: fn.name, source: event.source, eventId: event.id, ...position }
    await tx.insert(handledEvents).values(handled).onConflictDoNothing()
    const fence = { function: fn.name, ...position }
    const { sequence } = position
    await tx
      .insert(fences)
      .values(fence)
      .onConflictDoUpdate({ target: [fences.function, fences.entity], set: { sequence } })
  })
}

export async function withoutInbox(db: Database, fn: DeliveredFunction, event: ReceivedEvent): Promise<void> {
  await inTransaction(db, tx => fn.handle(readTyped(event, fn.accepts), { tx }))
}
