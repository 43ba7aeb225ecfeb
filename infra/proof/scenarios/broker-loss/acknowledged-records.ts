// What the two writers had acknowledged, and what of it is in their topics when all brokers are back.
import { logRanges } from '../../audit/log-offsets.ts'
import { readLog } from '../../audit/read-log.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { accountFor } from './record-account.ts'
import type { Writer } from './writer.ts'

export interface AcknowledgedRecords {
  /** For it a record is written when all replicas in sync have it. */
  readonly strict: Writer
  /** For it, when the leader has it. */
  readonly loose: Writer
  /** That was killed. */
  readonly broker: number
  /** Partitions of a topic that it led. */
  ledByBroker(topic: string): ReadonlySet<number>
}

/** Stops the writers. */
export async function showAcknowledged(
  stage: Stage,
  narrator: Narrator,
  { strict, loose, broker, ledByBroker }: AcknowledgedRecords
): Promise<void> {
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
  narrator.fact('records', { acksAll: ofStrict, acks1: ofLoose })
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
