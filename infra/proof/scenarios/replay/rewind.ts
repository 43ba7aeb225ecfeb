// Two groups are set back, one to offsets and one to a time: their records are delivered again, and nothing comes of it.
import { z } from 'zod'
import { type FollowedFunction, followedFunctions } from '../../audit/followed-functions.ts'
import type { LogRange } from '../../audit/log-offsets.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import { stopDataPlane } from '../stage/counted-member.ts'
import { untilCaughtUp, untilWithoutMembers } from '../stage/group.ts'
import type { Stage } from '../stage/stage.ts'
import { comeToRest, type JudgedLoad } from '../stage/student-load.ts'
import { digestEffects } from './effects-digest.ts'
import type { Rewind } from './plan-rewind.ts'
import { rewindGroup, targetsAt } from './rewind-group.ts'

export interface RewindTo {
  /** What is compared before and after is all that the functions have made of it. */
  readonly load: JudgedLoad
  /** The ends of the topics when the scenario began. */
  readonly offsets: readonly LogRange[]
  readonly time: Date
}

export async function showRewind(stage: Stage, narrator: Narrator, to: RewindTo): Promise<void> {
  const { act, kafka, plan } = stage
  const byOffset = functionNamed(plan, 'onStudentCreate')
  const byTime = functionNamed(plan, 'onAnyStudent')
  const groups = [byOffset, byTime]

  narrator.step('Two groups are rewound')
  narrator.say(
    `${byOffset.group} to the offsets at which this scenario began, ${byTime.group} to the time at which the second broker died. Kafka takes new offsets only of a group without members, so the data plane is stopped meanwhile.`
  )
  // All functions, not the two groups alone: what another one had yet to do would change its tables between the two looks.
  await comeToRest(stage, to.load)
  await stopDataPlane(stage)
  await untilWithoutMembers(stage, groups)
  const before = await digestEffects(stage)

  const rewinds: Rewind[] = []
  const fresh = kafka.admin() // the other one may still know the leaders from before the outage
  await fresh.connect()
  try {
    const begun = to.offsets.map(({ topic, partition, end }) => ({ topic, partition, offset: end }))
    const timed = await targetsAt(fresh, byTime.topics, to.time)
    rewinds.push(...(await rewindGroup(fresh, byOffset, begun)), ...(await rewindGroup(fresh, byTime, timed)))
  } finally {
    await fresh.disconnect()
  }
  narrator.table(offsetRows(rewinds))

  const first = rewinds.find(({ records }) => records > 0)
  narrator.say("By Kafka's own tool, for one partition and for all; without --execute it only shows what it would do:")
  narrator.block(
    [
      `npm run kafka -- consumer-groups --group ${first?.group} --topic ${first?.topic}:${first?.partition} --reset-offsets --to-offset ${first?.to} --execute`,
      `npm run kafka -- consumer-groups --group ${byTime.group} --all-topics --reset-offsets --to-datetime ${to.time.toISOString().slice(0, -1)} --execute`
    ].join('\n')
  )

  await act('start', 'dataplane')
  await untilCaughtUp(stage, groups)
  const delivered = await deliveredSinceStart(stage)
  const after = await digestEffects(stage)
  const results = groups.map(({ group, name }) => ({
    group,
    name,
    records: rewinds.filter(one => one.group === group).reduce((sum, { records }) => sum + records, 0),
    delivered: delivered.get(group) ?? 0
  }))
  narrator.say(
    'The data plane begins at the new offsets. What the functions have made of all events, before and after:'
  )
  narrator.table(
    before.map(({ table, rows, digest }, index) => ({
      Table: table,
      'Rows before': rows,
      'Rows after': after[index]?.rows ?? null,
      'MD5 before': digest,
      'MD5 after': after[index]?.digest ?? null
    }))
  )
  narrator.claim(
    'every record behind the new offsets is delivered again',
    results.every(({ records, delivered: times }) => records > 0 && times >= records),
    results
      .map(({ group, records, delivered: times }) => `${group} ${times} deliveries of ${records} records`)
      .join(', ')
  )
  narrator.claim(
    'the effects stay as they were, to the last byte',
    before.every(({ digest, rows }, index) => rows > 0 && after[index]?.digest === digest),
    `${before.filter(({ digest }, index) => after[index]?.digest === digest).length} of ${before.length} tables have the same MD5`
  )
  narrator.fact('rewind', results)
}

function functionNamed(plan: Stage['plan'], name: string): FollowedFunction {
  const found = followedFunctions(plan).functions.find(fn => fn.name === name)
  if (!found) throw new Error(`No KafkaSource names the function ${name}.`)
  return found
}

/** In the words of Kafka's own tool. */
function offsetRows(rewinds: readonly Rewind[]): Row[] {
  return rewinds
    .filter(({ records }) => records > 0)
    .map(({ group, topic, partition, from, to, records }) => ({
      GROUP: group,
      TOPIC: topic,
      PARTITION: partition,
      'CURRENT-OFFSET': from,
      'NEW-OFFSET': to,
      LAG: records
    }))
}

const Status = z.object({
  sources: z.array(z.object({ group: z.string(), delivered: z.number(), deadLettered: z.number() }))
})

/** By group. The data plane counts from its own start. */
async function deliveredSinceStart({ endpoints }: Stage): Promise<Map<string, number>> {
  const response = await fetch(endpoints.dataplane.statusUrl, { signal: AbortSignal.timeout(5_000) })
  const { sources } = Status.parse(await response.json())
  return new Map(sources.map(({ group, delivered, deadLettered }) => [group, delivered + deadLettered]))
}
