// One change of a group's members under load, from the moment it is done until all that it can cause has happened.
import { until } from '../../local/resources/until.ts'
import { repeatsIn } from '../stage/delivery-log.ts'
import { untilCaughtUp, untilShared } from '../stage/group.ts'
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
  const changedAtMs = await change()
  await untilShared(stage, functions, members)
  const sharedAfterMs = performance.now() - changedAtMs
  // Whoever has a partition now began at its committed offset. Once all that was there is committed, nothing comes again.
  await untilCaughtUp(stage, functions)
  const own = () => log.all.filter(delivery => delivery.step === step)
  const calm = own().length + (stage.short ? 30 : 300)
  await until('deliveries', deliveriesTimeoutMs, async () => own().length >= calm, { signal: stage.signal })
  return {
    step,
    members,
    sharedAfterMs,
    deliveries: own().length,
    deliveredTwice: repeatsIn(log.all).filter(({ again }) => again.step === step).length
  }
}
