// One change of a group's members under load, from the moment it is done until all that it can cause has happened.
import { until } from '../../../knative-local/testing.ts'
import { type Delivery, repeatsIn } from '../stage/delivery-log.ts'
import { type Group, stateOfGroup, untilCaughtUp, untilShared } from '../stage/group.ts'
import type { Stage } from '../stage/stage.ts'
import type { Play } from './play.ts'

export interface Turn {
  /** What was done, in words. */
  readonly step: string
  /** Who is in the groups afterwards. */
  readonly members: readonly string[]
  /** Since it was done, until every partition had a reader again. */
  readonly sharedAfterMs: number
  readonly deliveries: number
  readonly deliveredTwice: number
  /** Also of deliveries that were under way when it began: a change of members waits for those as well. */
  readonly longestAnswerMs: number
  /** Members that were there all the while, and had to come back as others: Kafka had missed their heartbeats. */
  readonly sessionsLost: number
}

export interface TurnOptions {
  readonly step: string
  readonly members: readonly string[]
  /** Answers when it was done (`performance.now()`). */
  change(): Promise<number>
}

const deliveriesTimeoutMs = 120_000

export async function takeTurn(
  { stage, functions, log }: Pick<Play, 'stage' | 'functions' | 'log'>,
  { step, members, change }: TurnOptions
): Promise<Turn> {
  log.step = step
  const underWay = log.all.filter(delivery => !isAnswered(delivery))
  const before = await memberIds(stage, functions, members)
  const changedAtMs = await change()
  await untilShared(stage, functions, members)
  const sharedAfterMs = performance.now() - changedAtMs
  // Whoever has a partition now began at its committed offset. Once all that was there is committed, nothing comes again.
  await untilCaughtUp(stage, functions)
  const own = () => log.all.filter(delivery => delivery.step === step)
  const calm = own().length + (stage.short ? 30 : 300)
  await until('deliveries', deliveriesTimeoutMs, async () => own().length >= calm, { signal: stage.signal })
  const after = await memberIds(stage, functions, members)
  const waitedFor = [...underWay, ...own()]
  await until('answers', deliveriesTimeoutMs, async () => waitedFor.every(isAnswered), { signal: stage.signal })
  return {
    step,
    members,
    sharedAfterMs,
    deliveries: own().length,
    deliveredTwice: repeatsIn(log.all).filter(({ again }) => again.step === step).length,
    longestAnswerMs: Math.max(0, ...waitedFor.map(({ tookMs }) => tookMs)),
    sessionsLost: [...before].filter(id => !after.has(id)).length
  }
}

function isAnswered({ tookMs }: Delivery): boolean {
  return tookMs > 0
}

/** Of these clients, in all groups. A member keeps its id as long as it keeps its session. */
async function memberIds(
  { admin }: Stage,
  groups: readonly Group[],
  clientIds: readonly string[]
): Promise<Set<string>> {
  const states = await Promise.all(groups.map(({ group }) => stateOfGroup(admin, group)))
  const members = states.flatMap(state => state.members)
  return new Set(members.flatMap(({ clientId, memberId }) => (clientIds.includes(clientId) ? [memberId] : [])))
}
