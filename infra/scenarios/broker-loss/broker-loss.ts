// One of three brokers dies under load: leaders move, in-sync replicas shrink and heal, and what was acknowledged is there.
import { logRanges } from '../../audit/log-offsets.ts'
import { readLog } from '../../audit/read-log.ts'
import { until } from '../../local/resources/until.ts'
import type { Scenario } from '../scenario.ts'
import { describeTopic } from '../stage/describe.ts'
import type { Stage } from '../stage/stage.ts'
import { judge, startStudentLoad } from '../stage/student-load.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'
import { type BrokerShare, busiestBroker, replicationOf, sharesOf, troubleOf } from './brokers.ts'
import { bringBrokerBack, loseBroker } from './lose-broker.ts'
import { accountFor } from './record-account.ts'
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
    const strict = await startWriter(stage, {
      topic: await createTemporaryTopic(stage, 'acks-all', { partitions }),
      partitions,
      acks: -1,
      perSecond
    })
    const loose = await startWriter(stage, {
      topic: await createTemporaryTopic(stage, 'acks-1', { partitions }),
      partitions,
      acks: 1,
      perSecond
    })
    const load = startStudentLoad(stage, studentsPerSecond)
    const before = await replicationOf(admin)
    const broker = busiestBroker(before)
    const others = sharesOf(before).flatMap(share => (share.broker === broker ? [] : [share.broker]))
    const ledByBroker = (topic: string) =>
      new Set(before.flatMap(one => (one.topic === topic && one.leader === broker ? [one.partition] : [])))
    await untilMore(stage, strict, more)
    narrator.table(await describeTopic(admin, strict.topic))

    narrator.step(`broker-${broker} is killed (SIGKILL): it leads the most partitions`)
    narrator.say(
      `The worst moment: its followers have stood still for a moment (${others.map(other => `broker-${other}`).join(' and ')} are paused), so what it acknowledges alone is nowhere else. Then it dies, and they go on.`
    )
    const movedAfterMs = await loseBroker(stage, { broker, others, loose, ledByBroker: ledByBroker(loose.topic) })
    const without = await replicationOf(admin)
    narrator.say(
      `The controller gives a broker up 9 s after its last heartbeat; ${seconds(movedAfterMs)} after the kill every partition has a leader among the others, and the dead one is in no ISR:`
    )
    narrator.table(await describeTopic(admin, strict.topic))
    const trouble = troubleOf(without, minInSync)
    narrator.claim(
      'no partition is without a leader or under min.insync.replicas, though many are under-replicated',
      trouble.unavailable === 0 && trouble.underMinIsr === 0 && trouble.underReplicated > 0,
      `${trouble.unavailable} unavailable, ${trouble.underMinIsr} under min ISR, ${trouble.underReplicated} of ${without.length} under-replicated`
    )
    const written = await untilMore(stage, strict, more)
    narrator.claim('writes go on with two brokers', written > 0, `${written} more records acknowledged by all in sync`)

    narrator.step(`broker-${broker} starts again`)
    const healedAfterMs = await bringBrokerBack(stage, broker)
    const healed = await replicationOf(admin)
    const leads = sharesOf(healed).find(share => share.broker === broker)?.leads ?? 0
    narrator.say(
      `It drops what the new leaders do not have, fetches what it has missed, and is in sync ${seconds(healedAfterMs)} after its start was asked for. It leads ${leads} partitions: every 5 minutes Kafka moves leadership back to the preferred replicas.`
    )
    narrator.table(await describeTopic(admin, strict.topic))
    narrator.table(shareRows(sharesOf(before), sharesOf(without), sharesOf(healed)))
    narrator.claim(
      'every replica is in sync again',
      troubleOf(healed, minInSync).underReplicated === 0,
      `${troubleOf(healed, minInSync).underReplicated} of ${healed.length} partitions under-replicated`
    )
    await untilMore(stage, strict, more)

    narrator.step('What was acknowledged, and what is there')
    await Promise.all([strict.stop(), loose.stop()])
    const ofStrict = await account(stage, strict, ledByBroker(strict.topic))
    const ofLoose = await account(stage, loose, ledByBroker(loose.topic))
    narrator.table(
      [
        { acks: 'all', rows: ofStrict },
        { acks: '1', rows: ofLoose }
      ].flatMap(({ acks, rows }) =>
        [
          { by: `broker-${broker}`, row: rows.led },
          { by: 'the others', row: rows.rest }
        ].map(({ by, row }) => ({
          ACKS: acks,
          'LED BY': by,
          ACKNOWLEDGED: row.acknowledged,
          FOUND: row.found,
          LOST: row.lost,
          'WRITTEN TWICE': row.twice,
          'LONGEST WAIT S': Math.round(row.longestWaitMs / 100) / 10
        }))
      )
    )
    narrator.say(
      'With acks=all the partitions of the other brokers wait as well: the dead broker is in their ISR until it is given up. A record is there twice when its acknowledgement was lost and the writer sent it again; an idempotent producer would not.'
    )
    const lostByAll = ofStrict.led.lost + ofStrict.rest.lost
    narrator.claim(
      'with acks=all every acknowledged record is there',
      lostByAll === 0 && ofStrict.led.acknowledged > 0,
      `acknowledged ${ofStrict.led.acknowledged + ofStrict.rest.acknowledged}, found ${ofStrict.led.found + ofStrict.rest.found}, lost ${lostByAll}`
    )
    narrator.claim(
      'with acks=1 what only the dead leader had is lost',
      ofLoose.led.lost > 0,
      `acknowledged ${ofLoose.led.acknowledged} by broker-${broker}'s partitions, lost ${ofLoose.led.lost}`
    )
    narrator.fact('broker', { killed: broker, leadersMovedAfterMs: movedAfterMs, healedAfterMs })
    narrator.fact('records', { acksAll: ofStrict, acks1: ofLoose })

    narrator.step('The students')
    narrator.say(
      `createStudent and updateStudent need PostgreSQL and not Kafka: they went on all the while, and ${load.counts.repeated} of ${load.counts.sent} commands had to be repeated. Debezium writes with acks=all.`
    )
    await judge(stage, narrator, load)
  }
}

/** Waits until each partition has so many more records acknowledged; answers how many there are in all. */
async function untilMore({ signal }: Stage, writer: Writer, more: number): Promise<number> {
  const begin = writer.acknowledged.length
  await until(
    `${more} more records in every partition of ${writer.topic}`,
    calmTimeoutMs,
    async () => {
      const counts = Map.groupBy(writer.acknowledged.slice(begin), ({ partition }) => partition)
      return Array.from({ length: partitions }, (_, partition) => counts.get(partition)?.length ?? 0).every(
        count => count >= more
      )
    },
    { signal }
  )
  return writer.acknowledged.length - begin
}

async function account({ kafka, admin }: Stage, writer: Writer, led: ReadonlySet<number>) {
  const numbers = { led: [] as number[], rest: [] as number[] }
  await readLog(kafka, await logRanges(admin, [writer.topic]), async records => {
    for (const { partition, value } of records)
      numbers[led.has(partition) ? 'led' : 'rest'].push(Number(value?.toString()))
  })
  const of = (isLed: boolean) => writer.acknowledged.filter(({ partition }) => led.has(partition) === isLed)
  return { led: accountFor(of(true), numbers.led), rest: accountFor(of(false), numbers.rest) }
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

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
