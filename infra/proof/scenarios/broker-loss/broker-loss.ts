// One of three brokers dies under load: leaders move, in-sync replicas shrink and heal, and what was acknowledged is there.
import { seconds } from '../report/seconds.ts'
import type { Scenario } from '../scenario.ts'
import { showAcknowledged } from './acknowledged-records.ts'
import { describeTopic } from '../stage/describe.ts'
import type { Stage } from '../stage/stage.ts'
import { judge, startStudentLoad } from '../stage/student-load.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import {
  type BrokerShare,
  busiestBroker,
  isWithout,
  type Replication,
  replicationOf,
  sharesOf,
  troubleOf
} from './brokers.ts'
import { loseBroker, startBroker } from './lose-broker.ts'
import { startWriter, type Writer } from './writer.ts'

const partitions = 6
/** Of infra/kafka/cluster.yaml. */
const minInSync = 2
const calmTimeoutMs = 120_000

export const brokerLoss: Scenario = {
  name: 'broker-loss',
  sentence:
    'One of three brokers is killed under load: leaders move, the ISR shrinks and heals, what was acknowledged is there.',
  async run(stage, narrator) {
    const { admin, short } = stage
    const perSecond = short ? 120 : 180
    const studentsPerSecond = short ? 10 : 30
    const more = short ? 20 : 100

    narrator.step('Three brokers')
    narrator.say(
      `Two writers send ${perSecond} numbered records a second each to topics of ${partitions} partitions: one takes a record for written when all replicas in sync have it (acks=all), the other when its leader has it (acks=1). ${studentsPerSecond} commands a second create and change students.`
    )
    const writeTo = async (name: string, acks: -1 | 1): Promise<Writer> => {
      const topic = await createTemporaryTopic(stage, name, { partitions })
      return startWriter(stage, { topic, partitions, acks, perSecond })
    }
    const strict = await writeTo('acks-all', -1)
    const loose = await writeTo('acks-1', 1)
    const load = startStudentLoad(stage, studentsPerSecond)
    const before = await replicationOf(admin)
    const broker = busiestBroker(before)
    const others = sharesOf(before).flatMap(share => (share.broker === broker ? [] : [share.broker]))
    const ledByBroker = (topic: string) =>
      new Set(before.flatMap(one => (one.topic === topic && one.leader === broker ? [one.partition] : [])))
    await awaitMore(stage, strict, more)
    narrator.table(await describeTopic(admin, strict.topic))

    narrator.step(`broker-${broker} is killed (SIGKILL): it leads the most partitions`)
    narrator.say(
      `The worst moment: its followers have stood still for a moment (${others.map(other => `broker-${other}`).join(' and ')} are paused), so what it acknowledges alone is nowhere else. Then it is killed, and they continue.`
    )
    const movedAfterMs = await loseBroker(stage, { broker, others, loose, ledByBroker: ledByBroker(loose.topic) })
    // A follower that stood still may be out of an ISR for a moment longer, and a broker that is asked now may know less than the one before.
    const without = await replicationOnce(stage, now => isWithout(now, broker) && isWritable(troubleOf(now, minInSync)))
    narrator.say(
      `The controller gives a broker up 9 s after its last heartbeat; ${seconds(movedAfterMs)} after the kill every partition has a leader among the others, and the dead one is in no ISR:`
    )
    narrator.table(await describeTopic(admin, strict.topic))
    const trouble = troubleOf(without, minInSync)
    narrator.claim(
      'no partition is without a leader or under min.insync.replicas, though many are under-replicated',
      isWritable(trouble) && trouble.underReplicated > 0,
      `${trouble.unavailable} unavailable, ${trouble.underMinIsr} under min ISR, ${trouble.underReplicated} of ${without.length} under-replicated`
    )
    const withTwo = await awaitMore(stage, strict, more)
    narrator.claim('writes continue with two brokers, in every partition', withTwo.least >= more, seenOf(withTwo))

    narrator.step(`broker-${broker} starts again`)
    const startedAtMs = performance.now()
    await startBroker(stage.act, broker, stage.signal)
    const healed = await replicationOnce(stage, now => troubleOf(now, minInSync).underReplicated === 0)
    const healedAfterMs = performance.now() - startedAtMs
    const leads = sharesOf(healed).find(share => share.broker === broker)?.leads ?? 0
    narrator.say(
      `It drops what the new leaders do not have, fetches what it has missed, and joins the ISRs again. It leads ${leads} partitions: every 5 minutes Kafka moves leadership back to the preferred replicas.`
    )
    narrator.table(await describeTopic(admin, strict.topic))
    narrator.table(shareRows(sharesOf(before), sharesOf(without), sharesOf(healed)))
    narrator.claim(
      'every replica is in sync again',
      troubleOf(healed, minInSync).underReplicated === 0,
      `${troubleOf(healed, minInSync).underReplicated} of ${healed.length} partitions under-replicated ${seconds(healedAfterMs)} after its start was asked for`
    )
    const withThree = await awaitMore(stage, strict, more)
    narrator.claim('writes continue with three', withThree.least >= more, seenOf(withThree))

    narrator.fact('broker', { killed: broker, leadersMovedAfterMs: movedAfterMs, healedAfterMs })
    await showAcknowledged(stage, narrator, { strict, loose, broker, ledByBroker })

    narrator.step('The students')
    narrator.say(
      `createStudent and updateStudent need PostgreSQL and not Kafka: they continued all the while, and ${load.counts.repeated} of ${load.counts.sent} commands had to be repeated. Debezium writes with acks=all.`
    )
    await judge(stage, narrator, load)
  }
}

function isWritable({ unavailable, underMinIsr }: ReturnType<typeof troubleOf>): boolean {
  return unavailable === 0 && underMinIsr === 0
}

/** What the brokers say as soon as it is so, or when the time for it is over. */
async function replicationOnce(
  stage: Stage,
  isSo: (partitions: readonly Replication[]) => boolean
): Promise<readonly Replication[]> {
  let now = await replicationOf(stage.admin)
  await waitAtMost(stage, calmTimeoutMs, async () => {
    now = await replicationOf(stage.admin).catch(() => now) // one that is just coming may not answer yet
    return isSo(now)
  })
  return now
}

interface MoreRecords {
  readonly all: number
  /** By the partition that has fewest. */
  readonly least: number
}

/** Gives each partition time to acknowledge so many more records. */
async function awaitMore(stage: Stage, writer: Writer, more: number): Promise<MoreRecords> {
  const begin = writer.acknowledged.length
  const acknowledged = (): MoreRecords => {
    const since = writer.acknowledged.slice(begin)
    const counts = Array.from(
      { length: partitions },
      (_, partition) => since.filter(one => one.partition === partition).length
    )
    return { all: since.length, least: Math.min(...counts) }
  }
  await waitAtMost(stage, calmTimeoutMs, async () => acknowledged().least >= more)
  return acknowledged()
}

function seenOf({ all, least }: MoreRecords): string {
  return `${all} more records acknowledged by all in sync, ${least} or more in each partition`
}

function shareRows(before: readonly BrokerShare[], without: readonly BrokerShare[], healed: readonly BrokerShare[]) {
  const of = (shares: readonly BrokerShare[], broker: number) => shares.find(share => share.broker === broker)
  return before.map(({ broker, leads, inSync }) => ({
    BROKER: String(broker),
    'LEADS BEFORE': leads,
    'WITHOUT IT': of(without, broker)?.leads ?? 0,
    HEALED: of(healed, broker)?.leads ?? 0,
    'IN ISR BEFORE': inSync,
    'ISR WITHOUT IT': of(without, broker)?.inSync ?? 0,
    'ISR HEALED': of(healed, broker)?.inSync ?? 0
  }))
}
