// Kills a broker at the worst moment: its followers have just fallen behind, so that what it acknowledges alone is nowhere else.
import { until } from '../../../knative-local/testing.ts'
import { untilInSync } from '../stage/in-sync.ts'
import type { Stage } from '../stage/stage.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { isWithout, replicationOf } from './brokers.ts'
import type { Writer } from './writer.ts'

export interface BrokerLoss {
  readonly broker: number
  readonly others: readonly number[]
  /** By clients that ask the leader alone. */
  readonly loose: Writer
  readonly ledByBroker: ReadonlySet<number>
}

/** Acknowledgements of the leader alone, before it is killed; and how long its followers stand still for them at most. */
const aheadOfFollowers = 20
const standStillMs = 5_000
/** A broker is given up 9 s after its last heartbeat (broker.session.timeout.ms). */
const noticeTimeoutMs = 90_000
const startTimeoutMs = 120_000

/** Until every partition has a leader again, in how many ms. The broker is started again with the scenario, if not before. */
export async function loseBroker(stage: Stage, { broker, others, loose, ledByBroker }: BrokerLoss): Promise<number> {
  const resume = () => Promise.all(others.map(other => stage.act('resume', `broker-${other}`)))
  stage.undo(`broker-${broker}`, async () => {
    await startBroker(stage.act, broker)
    await untilInSync({ admin: stage.admin })
  })
  stage.undo('the pause of its followers', resume)
  await Promise.all(others.map(other => stage.act('pause', `broker-${other}`)))
  const byLeader = () => loose.acknowledged.filter(({ partition }) => ledByBroker.has(partition)).length
  const enough = byLeader() + aheadOfFollowers
  await waitAtMost(stage, standStillMs, async () => byLeader() >= enough)
  await stage.act('kill', `broker-${broker}`)
  const killedAtMs = performance.now()
  await resume()
  await until(
    `new leaders for the partitions of broker-${broker}`,
    noticeTimeoutMs,
    async () => isWithout(await replicationOf(stage.admin), broker),
    { signal: stage.signal }
  )
  return performance.now() - killedAtMs
}

/** Asked again when a busy machine takes longer than the runtime waits. Without a signal it continues after Ctrl-C, to undo. */
export async function startBroker(act: Stage['act'], broker: number, signal?: AbortSignal): Promise<void> {
  const part = `broker-${broker}`
  await until(`${part} to answer`, startTimeoutMs, () => act('start', part).then(() => true), { signal })
}
