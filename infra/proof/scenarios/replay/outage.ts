// Kafka goes down a broker at a time while students are posted, and comes back.
import { setTimeout as sleep } from 'node:timers/promises'
import { logRanges } from '../../audit/log-offsets.ts'
import { seconds } from '../report/seconds.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import { followTopics } from '../stage/follow-topics.ts'
import { untilInSync } from '../stage/in-sync.ts'
import type { Stage } from '../stage/stage.ts'
import { startStudentLoad, type StudentLoad } from '../stage/student-load.ts'
import { waitAtMost } from '../stage/wait-at-most.ts'
import { pickSamples } from './pick-samples.ts'
import { type Sample, startTimeline } from './timeline.ts'

const topics = ['student_create', 'student_update']
const maxRows = 18
const calmTimeoutMs = 180_000

export interface Outage {
  readonly load: StudentLoad
  /** When only one broker was left. */
  readonly writesStoppedAt: Date
}

export async function showOutage(stage: Stage, narrator: Narrator): Promise<Outage> {
  const { act, endpoints, short, signal, undo } = stage
  const perSecond = short ? 10 : 20
  const downMs = short ? 2_000 : 8_000
  const brokers = endpoints.kafka.brokers.map(({ id }) => `broker-${id}`)
  const startAll = () => Promise.all(brokers.map(broker => act('start', broker)))

  narrator.step('Kafka goes down, a broker at a time, while students are posted')
  narrator.say(
    `${perSecond} commands a second create and change students. A write is taken while two replicas at least are in sync (min.insync.replicas) and acknowledged when all of those have it, so two brokers are enough and one is not. ` +
      "What waits for Kafka is in the outbox: its depth is the rows without a record, and the slot lag what PostgreSQL keeps of its log for them. What waits in Kafka is the groups' lag; - where no broker answered. Effects are rows of timeline, one for each event."
  )
  const followed = await followTopics(stage, topics)
  const recordsBefore = (await logRanges(stage.admin, topics)).reduce((sum, { end }) => sum + end, 0)
  const load = startStudentLoad(stage, perSecond)
  undo('the brokers', async () => {
    await startAll()
    await untilInSync({ admin: stage.admin })
  })
  const timeline = startTimeline(stage, { load, followed, recordsBefore })
  const untilApplied = (count: number) =>
    waitAtMost(stage, calmTimeoutMs, async () => (await timeline.look()).applied >= count, 500)

  await timeline.begin('all run')
  await untilApplied(perSecond)

  await act('kill', brokers[2] ?? '')
  const oneGone = await timeline.begin('one broker killed')
  await untilApplied(oneGone.committed.size + perSecond)
  const oneGoneEnd = await timeline.look()

  await act('kill', brokers[1] ?? '')
  const writesStoppedAt = new Date()
  const twoGone = await timeline.begin('two killed')
  await sleep(downMs, undefined, { signal })

  await act('kill', brokers[0] ?? '')
  await timeline.begin('all three killed')
  await sleep(downMs, undefined, { signal })
  const worst = await timeline.look()

  await Promise.all([startAll(), timeline.begin('all are started')])
  await timeline.begin('all answer')
  if (!short) await sleep(downMs, undefined, { signal })
  await load.stop(calmTimeoutMs)
  await timeline.begin('load ended')
  const rows = (await timeline.look()).committed.size
  await untilApplied(rows)
  await followed.toTheEnd()
  await untilInSync(stage)
  const end = await timeline.begin('all in sync again')
  await timeline.stop()

  narrator.table(rowsOf(pickSamples(timeline.samples, maxRows)))
  narrator.claim(
    'with one broker gone events continue',
    oneGoneEnd.applied >= oneGone.committed.size + perSecond,
    `${oneGoneEnd.applied - oneGone.applied} effects in the ${seconds(oneGoneEnd.atMs - oneGone.atMs)} after it was killed`
  )
  const since = [...worst.committed].filter(id => !twoGone.committed.has(id))
  const through = since.filter(id => worst.published.has(id)).length
  narrator.claim(
    'with one left or none students are accepted all the same, and their events wait in the outbox',
    since.length > 0 && through === 0 && worst.accepted > twoGone.accepted,
    `${worst.accepted - twoGone.accepted} students accepted in ${seconds(worst.atMs - twoGone.atMs)}, ${through} of ${since.length} events in Kafka`
  )
  const seen = followed.records.filter(({ key }) => load.accepted.has(key?.toString() ?? '')).length
  narrator.claim(
    'when the brokers are back everything arrives, and is applied once',
    end.published.size === end.committed.size && end.applied === end.committed.size,
    `${end.committed.size} events committed, ${end.published.size} in Kafka (${seen - end.published.size} of them twice), ${end.applied} applied`
  )
  narrator.fact('timeline', rowsOf(timeline.samples))
  return { load, writesStoppedAt }
}

function rowsOf(samples: readonly Sample[]): Row[] {
  return samples.map((sample, index) => ({
    'At s': sample.atMs / 1_000,
    Moment: sample.moment === samples[index - 1]?.moment ? '' : sample.moment,
    'Brokers up': sample.brokersUp,
    'Students accepted': sample.accepted,
    'Outbox rows': sample.committed.size,
    'Outbox depth': Math.max(0, sample.committed.size - sample.written),
    'Slot lag, bytes': sample.slotLagBytes,
    'Group lag': sample.groupLag,
    Effects: sample.applied
  }))
}
