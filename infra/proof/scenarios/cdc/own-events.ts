// The events of this run's own users, of all that come through db.public.users.
import { type FollowedTopics, followTopics } from '../stage/follow-topics.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { type ChangeEvent, identityOf, readChangeEvent, userOf } from './change-event.ts'

/** infra/debezium/users-connector.yaml. */
const topic = 'db.public.users'
/** Of a machine with much else to do: a killed Connect alone takes 5 to 15 s to come back. */
const arrivalTimeoutMs = 180_000

export interface OwnEvents {
  /** In the order in which they came. */
  list(): ChangeEvent[]
  /** Waits until so many different ones have come, or for too long. */
  atLeast(count: number): Promise<void>
  /** All that Kafka has of them now has come. */
  toTheEnd(): Promise<void>
}

export function countDifferent(events: readonly ChangeEvent[]): number {
  return new Set(events.map(identityOf)).size
}

export async function followOwnEvents(stage: Stage, prefix: string): Promise<OwnEvents> {
  const followed: FollowedTopics = await followTopics(stage, [topic])
  const list = () =>
    followed.records.filter(record => userOf(record).startsWith(prefix)).map(record => readChangeEvent(record))
  return {
    list,
    toTheEnd: followed.toTheEnd,
    async atLeast(count) {
      await waitAtMost(stage, arrivalTimeoutMs, async () => countDifferent(list()) >= count)
      await followed.toTheEnd()
    }
  }
}
