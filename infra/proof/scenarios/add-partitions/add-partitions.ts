// More partitions for a running topic: keys move, and a later event can overtake an earlier one of the same student.
import { followedFunctions } from '../../audit/followed-functions.ts'
import { type LogRange, logRanges } from '../../audit/log-offsets.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import type { Scenario } from '../scenario.ts'
import { startCountedMember, stopDataPlane } from '../stage/counted-member.ts'
import { type Delivery, openDeliveryLog } from '../stage/delivery-log.ts'
import { describeTopic } from '../stage/describe.ts'
import { untilCaughtUp, untilShared } from '../stage/group.ts'
import type { Stage } from '../stage/stage.ts'
import { comeToRest, judge, startStudentLoad } from '../stage/student-load.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { growTopic, type NoticedAfterMs, openTopicYaml, topicsFile } from './grow-topic.ts'
import { showMovedKeys } from './moved-keys.ts'
import { createMovingStudents, updateAll } from './moving-students.ts'
import { countHeld, readers, showOneStudent, tellOrder } from './overtaken.ts'
import { createDelayedDeliveries } from './delayed-deliveries.ts'

const topic = 'student_update'
const added = 2
/** Each run adds to them permanently, and fewer and fewer keys move to the new ones. */
const mostBefore = 11
const member = 'member-1'
/** Changes of a student whose key will move, all of them before it does. */
const changesBefore = 5
const waitMs = 30_000

export const addPartitions: Scenario = {
  name: 'add-partitions',
  sentence: 'A running topic gets two partitions more by an edit of its YAML: keys move, and order holds all the same.',
  async run(stage, narrator) {
    const { admin, short, plan, undo } = stage
    const functions = followedFunctions(plan).functions.filter(({ topics }) => topics.includes(topic))
    const before = await countPartitions(stage)
    const after = before + added
    const yaml = await openTopicYaml(stage, topic)
    const begin = await logRanges(admin, [topic])

    narrator.step(`Before: ${topic} has ${before} partitions`)
    const perSecond = short ? 10 : 30
    narrator.say(
      `${perSecond} commands a second create and change students. The stack's own data plane is stopped; one of the scenario's own on the same YAML takes its place, with a proxy before the functions that writes down what they are sent, in which order.`
    )
    narrator.table(await describeTopic(admin, topic))
    const log = openDeliveryLog()
    const behind = createDelayedDeliveries()
    undo('the delayed deliveries', async () => behind.letGo())
    await stopDataPlane(stage)
    await startCountedMember(stage, log, member, behind.passOn)
    await untilShared(stage, functions, [member])
    const load = startStudentLoad(stage, perSecond)
    const moving = await createMovingStudents(stage, { domain: load.domain, count: short ? 8 : 24, before, after })
    const ids = moving.map(({ id }) => id)
    await untilCaughtUp(stage, functions)
    const lastBefore = 1 + changesBefore
    behind.delay(one => one.topic === topic && one.sequence === lastBefore && ids.includes(one.student))
    await updateAll(stage, moving, changesBefore)

    narrator.step(`${before} become ${after}: one line of ${topicsFile}`)
    narrator.block(`topicName: ${topic}\n- partitions: ${yaml.declared}\n+ partitions: ${after}`)
    const noticed = await growTopic(stage, { topic, before, after }, { yaml, groups: functions, member })
    await updateAll(stage, moving, 1)
    await waitAtMost(stage, waitMs, async () => {
      const held = await countHeld(stage, ids)
      return readers.every(name => held.get(name) === moving.length)
    })
    const held = await countHeld(stage, ids)
    behind.letGo()
    narrator.table(noticedRows(noticed))
    await claimReplicated(stage, narrator, before)
    narrator.fact('noticedAfterMs', noticed)
    await comeToRest(stage, load)

    const ends = await logRanges(admin, [topic])
    await showMovedKeys(stage, narrator, { before, after, written: since(begin, ends) })

    narrator.step('A later event overtakes earlier ones')
    narrator.say(
      `${moving.length} students whose key moves to a new partition are changed ${changesBefore} times before and once after it has moved. The last change before is slow to arrive, as one whose reader has fallen behind: the change after it comes first. One of these students, as ${readers[0]} was sent its events and as it applied them:`
    )
    const deliveries = log.all.filter(delivery => delivery.done && delivery.topic === topic)
    await showOneStudent(stage, narrator, deliveries, ids[0] ?? '')
    narrator.claim(
      'an event that comes early is held, not applied',
      readers.every(name => (held.get(name) ?? 0) > 0),
      `${readers.map(name => `${name} held ${held.get(name) ?? 0}`).join(', ')} of ${moving.length} such events`
    )

    narrator.step('The fence, counted')
    narrator.say(
      'Over all students. A function without a fence applies what it is sent when it is sent: the last delivery decides.'
    )
    await tellOrder(stage, narrator, load, deliveries)
    const fresh = ends.filter(({ partition }) => partition >= before)
    claimNoneSkipped(narrator, fresh, deliveries)

    narrator.step('Every event, accounted for')
    await yaml.putBack()
    await judge(stage, narrator, load)
    const [declared, left] = [await yaml.read(), (await describeTopic(admin, topic)).length]
    narrator.claim(
      `${topicsFile} declares what it did, and Kafka keeps its partitions: none can be taken away`,
      declared === yaml.declared && left === after,
      `${declared} declared, ${left} there`
    )
  }
}

/** @throws when there are too many already */
async function countPartitions({ admin }: Stage): Promise<number> {
  const before = (await describeTopic(admin, topic)).length
  if (before > mostBefore) {
    throw new Error(
      `${topic} has ${before} partitions: each run adds ${added} permanently, as Kafka removes none. \`npm run scenario -- add-partitions --own\` runs on a stack of its own.`
    )
  }
  return before
}

async function claimReplicated(stage: Stage, narrator: Narrator, before: number): Promise<void> {
  const replicas = stage.plan.kafkaTopics.find(one => one.topic === topic)?.replicas ?? 0
  const isWhole = ({ Leader, Isr }: Row) => Leader !== 'none' && String(Isr).split(',').length === replicas
  let rows: readonly Row[] = []
  // What is claimed is the answer that was waited for: another broker may know less.
  await waitAtMost(stage, waitMs, async () => {
    rows = await describeTopic(stage.admin, topic)
    return rows.length === before + added && rows.every(isWhole)
  })
  narrator.table(rows)
  const fresh = rows.slice(before)
  narrator.claim(
    'each new partition has a leader and all its replicas in sync',
    fresh.length === added && fresh.every(isWhole),
    fresh.map(({ Partition, Leader, Isr }) => `${Partition} is led by ${Leader}, ISR ${Isr}`).join('; ')
  )
}

function claimNoneSkipped(narrator: Narrator, fresh: readonly LogRange[], deliveries: readonly Delivery[]): void {
  const read = fresh.map(({ partition, end }) => {
    const own = deliveries.filter(one => one.function === readers[0] && one.partition === partition)
    return { partition, end, read: new Set(own.map(({ offset }) => offset)).size }
  })
  narrator.claim(
    'no record of a new partition is skipped (initialOffset: earliest)',
    read.every(one => one.end > 0 && one.read === one.end),
    read.map(one => `${one.read} of ${one.end} of partition ${one.partition}`).join(', ')
  )
}

/** What was written between the two looks. */
function since(begin: readonly LogRange[], ends: readonly LogRange[]): LogRange[] {
  return ends.map(range => ({
    ...range,
    start: begin.find(({ partition }) => partition === range.partition)?.end ?? range.start
  }))
}

function noticedRows(noticed: NoticedAfterMs): Row[] {
  return [
    {
      WHO: 'Kafka',
      'AFTER S': tenths(noticed.kafka),
      WHY: 'the runtime asks it for more at once, as Strimzi does'
    },
    {
      WHO: 'members of the groups',
      'AFTER S': tenths(noticed.readers),
      WHY: 'they look for partitions every 2 s, and then join again'
    },
    {
      WHO: 'Debezium, which writes',
      'AFTER S': tenths(noticed.writer),
      WHY: 'metadata.max.age.ms of its producer is 5 s (by default it would be 5 minutes)'
    }
  ]
}

function tenths(ms: number): number {
  return Math.round(ms / 100) / 10
}
