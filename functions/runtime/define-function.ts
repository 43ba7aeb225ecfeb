// One declaration makes a function that follows events:
//
//   export default defineFunction({
//     name: 'onOrderPlaced',
//     accepts: [orderPlaced],
//     order: 'by subject and sequence',
//     reads: [customers],
//     writes: [invoices],
//     handle: async ({ data }, { tx }) => { … }
//   })
//
// With an order it has a database, and its effect, its events and the fact that it handled the event are one transaction.
// Without, it has no database and needs none; it is called at least once for each event, and may answer with another one.
import { sql } from 'drizzle-orm'
import {
  type Commits,
  type Declaration,
  databaseOf,
  type Order,
  type Publications,
  type Tables
} from './declaration.ts'
import { deliverInOrder } from './delivery/deliver-in-order.ts'
import { deliverOnce } from './delivery/deliver-once.ts'
import { createOrderedGroups, createUnorderedGroups, type Delivery } from './delivery/deliver-together.ts'
import { recordingFailures } from './delivery/failures.ts'
import type { DataOf, EventType, TypedEvent } from './events/event-type.ts'
import { readTyped } from './events/event-type.ts'
import { createPublisher, type Publish, type Publisher } from './events/publisher.ts'
import { receiveEvent } from './events/receive-event.ts'
import type { ReceivedEvent } from './events/received-event.ts'
import { createReply, type Reply } from './events/reply.ts'
import { HostConfig, loadConfig, loadPublishingConfig } from './host/config.ts'
import { connectTo, type Database, type Transaction } from './host/database.ts'
import type { Log } from './host/log.ts'
import { serve } from './host/serve.ts'
import { traceparentOf } from './host/trace.ts'

/** What a function with a database is handed beside the event. */
export interface DeliveryContext {
  readonly tx: Transaction
  readonly log: Log
  readonly publish: Publish
}

/** What a function without a database is handed beside the event. */
export interface PlainContext {
  readonly log: Log
  /** Answers the delivery with an event, which a Broker takes in; the last one counts. */
  readonly reply: Reply
}

type Types = readonly EventType[]

export interface FunctionWithDatabase<Accepts extends Types> extends Tables {
  readonly name: string
  readonly accepts: Accepts
  readonly order: Order
  readonly commits?: Commits
  /** The CloudEvents `source` of what it publishes; `/functions/NAME` by default. */
  readonly source?: string
  readonly publishes?: Publications
  /** @throws PermanentFailure when the same event will fail again; anything else is tried again */
  handle(event: TypedEvent<DataOf<Accepts>>, context: DeliveryContext): Promise<void>
}

export interface PlainFunction<Accepts extends Types> {
  readonly name: string
  readonly accepts: Accepts
  readonly source?: string
  /** @throws PermanentFailure when the same event will fail again; anything else is tried again */
  handle(event: TypedEvent<DataOf<Accepts>>, context: PlainContext): Promise<void>
}

export function defineFunction<const Accepts extends Types>(
  definition: FunctionWithDatabase<Accepts>
): FunctionWithDatabase<Accepts> & Declaration
export function defineFunction<const Accepts extends Types>(
  definition: PlainFunction<Accepts>
): PlainFunction<Accepts> & Declaration
export function defineFunction<Accepts extends Types>(
  definition: FunctionWithDatabase<Accepts> | PlainFunction<Accepts>
): Declaration {
  return 'order' in definition
    ? {
        kind: 'function',
        publishes: {},
        ...definition,
        database: databaseOf(definition),
        start: () => startWithDatabase(definition)
      }
    : { kind: 'function', publishes: {}, ...definition, start: () => startPlain(definition) }
}

function startWithDatabase<Accepts extends Types>(fn: FunctionWithDatabase<Accepts>): void {
  const { name, publishes = {}, source = `/functions/${name}` } = fn
  const { config, topics } = loadPublishingConfig(publishes)
  serve(name, config, log => {
    const { db, answers, close } = connectTo(config, name, log)
    const publisher = createPublisher(db, { source, publications: publishes, topics })
    const deliver = delivererOf(db, fn)
    return {
      isReady: async () => {
        await answers()
        await db.execute(sql`select entity from handled_events limit 1`) // throws while it is not migrated
        return publisher.isReady()
      },
      close,
      routes: {
        'POST /': request =>
          receiveEvent(
            name,
            log,
            request,
            recordingFailures(db, name, log, async (event, traceparent) => ({
              outcome: await deliver({ event, contextOf: contextOfDelivery(publisher, log, traceparent) })
            }))
          )
      }
    }
  })
}

function delivererOf(db: Database, { order, commits, ...fn }: FunctionWithDatabase<Types>) {
  if (commits === 'together') return order === 'none' ? createUnorderedGroups(db, fn) : createOrderedGroups(db, fn)
  const deliver = order === 'none' ? deliverOnce : deliverInOrder
  return ({ event, contextOf }: Delivery) => deliver(db, fn, event, contextOf)
}

/** What was held continues in its own trace, and not in that of the delivery which released it. */
export const contextOfDelivery =
  (publisher: Publisher, log: Log, traceparent: string | undefined) =>
  (tx: Transaction, event: { readonly attributes: { readonly traceparent?: string } }): DeliveryContext => ({
    tx,
    log,
    publish: publisher.within(tx, traceparentOf(event.attributes, {}) ?? traceparent, new Date())
  })

function startPlain<Accepts extends Types>(fn: PlainFunction<Accepts>): void {
  const { name, accepts, source = `/functions/${name}` } = fn
  const config = loadConfig(HostConfig)
  serve(name, config, log => ({
    routes: {
      'POST /': request =>
        receiveEvent(name, log, request, async (received: ReceivedEvent, traceparent) => {
          const event = readTyped(received, accepts) as TypedEvent<DataOf<Accepts>>
          const { reply, answer } = createReply({ source, traceparent })
          await fn.handle(event, { log, reply })
          return { outcome: 'handled', answer: answer() }
        })
    }
  }))
}
