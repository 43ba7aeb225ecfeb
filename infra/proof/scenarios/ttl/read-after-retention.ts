// What a reader who was there has read, what a late one still can, and what becomes of a commit that retention has overtaken.
import { until } from '../../../knative-local/testing.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import type { ReaderGroup } from './reader-group.ts'
import { findRemovedUnread } from './removed-unread.ts'

export interface Readers {
  readonly topic: string
  /** What the two groups had committed that went away. */
  readonly committed: number
  readonly early: ReaderGroup
  readonly late: ReaderGroup
  readonly awayEarliest: ReaderGroup
  readonly awayLatest: ReaderGroup
}

const timeoutMs = 60_000

export async function readAfterRetention(stage: Stage, narrator: Narrator, readers: Readers): Promise<void> {
  const { topic, committed, early, late, awayEarliest, awayLatest } = readers
  const [ends] = await stage.admin.fetchTopicOffsets(topic)
  const [low, high] = [Number(ends?.low), Number(ends?.high)]
  narrator.step('Who can read what')
  narrator.say(
    `Retention is off from here on, so that nothing changes. Two groups had committed offset ${committed} and left; Kafka no longer has it, ` +
      `and auto.offset.reset decides where they continue: earliest, as every KafkaSource here, or latest, the default of Kafka's own client.`
  )
  const finding = await findRemovedUnread(stage, topic, awayEarliest.groupId)
  await late.start('earliest')
  await awayEarliest.start('earliest')
  await awayLatest.start('latest')
  await until(
    'the readers to reach the end',
    timeoutMs,
    async () => [early, late, awayEarliest].every(({ offsets }) => offsets.includes(high - 1)),
    stage
  )
  await writeUntilRead(stage, topic, awayLatest)

  const [there, lateOne, earliest, latest] = [
    { name: 'early, there all the while', ...summary(early, 0, high) },
    { name: 'late', ...summary(late, 0, high) },
    { name: 'away, earliest', ...summary(awayEarliest, committed, high) },
    { name: 'away, latest', ...summary(awayLatest, committed, high) }
  ] as const
  narrator.table(
    [there, lateOne, earliest, latest].map(({ name, began, first, read, neverRead }) => ({
      READER: name,
      'CURRENT-OFFSET': began === 0 ? null : began,
      'FIRST READ': first,
      READ: read,
      'NEVER READ': neverRead
    }))
  )
  narrator.claim('who was there has read all', there.neverRead === 0, `${there.read} of ${high} records`)
  narrator.claim(
    'a late reader gets what is left, and nothing else',
    lateOne.first === low && lateOne.read === high - low,
    `${lateOne.read} records from the log start, ${lateOne.first}, on`
  )
  narrator.claim(
    'with earliest the group continues at the log start',
    earliest.first === low && earliest.neverRead === low - committed,
    `at ${earliest.first}, and ${earliest.neverRead} records are never read`
  )
  narrator.claim(
    'with latest it passes over what Kafka still has, too',
    latest.first >= high && latest.neverRead === high - committed,
    `at ${latest.first}, and ${latest.neverRead} records are never read`
  )
  narrator.claim(
    'the audit names what a KafkaSource never read',
    finding?.offset === committed && finding.detail.includes(` ${committed} to ${low - 1} `),
    finding ? `${finding.kind}: ${finding.detail}` : 'no finding'
  )
  narrator.fact('readers', { logStartOffset: low, logEndOffset: high, there, late: lateOne, earliest, latest })
}

/** Of the records before `high`: later ones are only there to be met. */
function summary({ offsets }: ReaderGroup, began: number, high: number) {
  const read = new Set(offsets.filter(offset => offset < high)).size
  return { began, first: offsets[0] ?? Number.NaN, read, neverRead: high - began - read }
}

/** Where a group continues that begins at the end shows when something comes. */
async function writeUntilRead({ kafka, undo, signal }: Stage, topic: string, group: ReaderGroup): Promise<void> {
  const producer = kafka.producer({ idempotent: true })
  undo(`the last producer of ${topic}`, () => producer.disconnect())
  await producer.connect()
  await until(
    `${group.groupId} to read`,
    timeoutMs,
    async () => {
      if (group.offsets.length > 0) return true
      await producer.send({ topic, acks: -1, messages: [{ value: '{}' }] })
      return false
    },
    { everyMs: 500, signal }
  )
}
