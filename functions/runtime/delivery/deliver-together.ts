// Deliveries that share transactions (host/group-commit.ts). Together go only those that are plain: decodable, next in the order of
// their entity, which has neither letters nor held events. Whatever is not goes alone, by the path of any other delivery.
import { readTyped, type TypedEvent } from '../events/event-type.ts'
import type { ReceivedEvent } from '../events/received-event.ts'
import type { Database } from '../host/database.ts'
import { createGroupCommit, type Member } from '../host/group-commit.ts'
import { inSharedTransaction } from '../host/shared-transaction.ts'
import { closeUndisturbed, disturbedOf } from './close-event.ts'
import type { ContextOf, DeliveredFunction } from './delivered-function.ts'
import { deliverInOrder, type Outcome } from './deliver-in-order.ts'
import { claimUnknown, deliverOnce } from './deliver-once.ts'
import { passFences, setFencesBack } from './fence.ts'
import { placeOf } from './place.ts'
import { positionOf } from './position.ts'
import { refuseStray } from './refuse-stray.ts'

export interface Delivery {
  readonly event: ReceivedEvent
  readonly contextOf: ContextOf
}

const byId = ({ source, id }: Pick<ReceivedEvent, 'source' | 'id'>) => `${source} ${id}`

/** deliverInOrder for a handler that waits for nothing but its transaction. */
export function createOrderedGroups<Data>(
  db: Database,
  fn: DeliveredFunction<Data>
): (delivery: Delivery) => Promise<Outcome> {
  return createGroupCommit<Delivery, Outcome>({
    alone: ({ event, contextOf }) => deliverInOrder(db, fn, event, contextOf),
    keysOf: ({ event }) => [event.subject ?? '', byId(event)],
    rankOf: ({ event }) => positionOf(event)?.sequence ?? 0, // what comes before what it follows would be held
    async together(members) {
      const placed = decodable(fn, members)
        .flatMap(one => {
          const place = placeOf(fn.accepts, one.work.event)
          return place ? [{ ...one, place }] : []
        })
        .toSorted((a, b) => (a.place.entity < b.place.entity ? -1 : 1)) // so that the effects' rows are locked in one order too
      const applied = await inSharedTransaction(
        db,
        placed,
        async tx => {
          const places = placed.map(({ place }) => place)
          const entities = places.map(({ entity }) => entity)
          const [passed, disturbed] = await Promise.all([
            passFences(tx, fn.name, places),
            disturbedOf(tx, fn.name, entities)
          ])
          setFencesBack(tx, fn.name, new Map([...passed].filter(([entity]) => disturbed.has(entity))))
          return placed.filter(({ place: { entity } }) => passed.has(entity) && !disturbed.has(entity))
        },
        async (tx, { typed, work: { event, contextOf }, place }) => {
          await fn.handle(typed, contextOf(tx, event))
          closeUndisturbed(tx, fn.name, event, place)
        }
      )
      return members.map(({ work }) => (applied.has(work) ? 'applied' : undefined))
    }
  })
}

/** deliverOnce for a handler that waits for nothing but its transaction. */
export function createUnorderedGroups<Data>(
  db: Database,
  fn: DeliveredFunction<Data>
): (delivery: Delivery) => Promise<Outcome> {
  return createGroupCommit<Delivery, Outcome>({
    alone: ({ event, contextOf }) => deliverOnce(db, fn, event, contextOf),
    keysOf: ({ event }) => [byId(event)],
    async together(members) {
      const known = decodable(fn, members)
      const applied = await inSharedTransaction(
        db,
        known,
        async tx => {
          const claimed = await claimUnknown(
            tx,
            fn.name,
            known.map(({ work }) => work.event)
          )
          const ids = new Set(claimed.map(byId))
          return known.filter(({ work }) => ids.has(byId(work.event)))
        },
        (tx, { typed, work: { event, contextOf } }) => fn.handle(typed, contextOf(tx, event))
      )
      return members.map(({ work }) => (applied.has(work) ? 'applied' : undefined))
    }
  })
}

type Decoded<Data> = Member<Delivery> & { readonly typed: TypedEvent<Data> }

/** What cannot be decoded becomes a letter alone, or is refused. */
function decodable<Data>(fn: DeliveredFunction<Data>, members: readonly Member<Delivery>[]): Decoded<Data>[] {
  return members.flatMap(member => {
    try {
      refuseStray(fn, member.work.event)
      return [{ ...member, typed: readTyped(member.work.event, fn.accepts) }]
    } catch {
      return []
    }
  })
}
