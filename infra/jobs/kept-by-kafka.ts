// How long Kafka keeps a record, as the brokers have it, and what of the database must therefore be kept longer.
//
// The longest way back of an event: on its last day in the outbox it is published once more, because the slot was lost; it
// becomes a dead letter on its last day as that record; the letter goes unread on its own last day, and is sent again from
// there on the last day of all. Until then the database must know that it was handled. A command begins as a record.
import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs'

const dayMs = 24 * 60 * 60 * 1000

export interface KeptTopic {
  readonly topic: string
  /** Infinity when nothing removes a record. */
  readonly days: number
}

export interface Retention {
  readonly outboxDays: number
  readonly inboxDays: number
  readonly closedLettersDays: number
}

export interface KafkaRetention {
  readonly outbox: readonly KeptTopic[]
  readonly commands: readonly KeptTopic[]
  /** In the order in which an event goes from one to the next. */
  readonly deadLetters: readonly KeptTopic[]
}

/** @throws when a topic is not there, or may not be looked at */
export async function keptByKafka(admin: Admin, topics: readonly string[]): Promise<KeptTopic[]> {
  const kept: KeptTopic[] = []
  for (const topic of topics) kept.push({ topic, days: daysOf(await describe(admin, topic)) })
  return kept
}

/** One at a time, because an error of kafkajs names no topic. */
async function describe(admin: Admin, topic: string): Promise<readonly ConfigEntries[]> {
  const configNames = ['retention.ms', 'segment.ms', 'cleanup.policy']
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }
  try {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] })
    return resources[0]?.configEntries ?? []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Kafka does not say how long it keeps ${topic}: ${reason}`, { cause: error })
  }
}

/** A segment goes as a whole, when its youngest record is old enough: the oldest is older by as long as a segment is open. */
function daysOf(entries: readonly ConfigEntries[]): number {
  const value = (name: string) => entries.find(entry => entry.configName === name)?.configValue ?? ''
  const retentionMs = Number(value('retention.ms'))
  if (!value('cleanup.policy').includes('delete') || retentionMs < 0) return Number.POSITIVE_INFINITY
  return (retentionMs + Number(value('segment.ms'))) / dayMs
}

/** A row of the outbox stays until the prune after its last day. */
const untilThePruneDays = 1

/** A sentence for each setting that is too short; none when all are long enough. */
export function tooShort(
  { outboxDays, inboxDays, closedLettersDays }: Retention,
  { outbox, commands, deadLetters }: KafkaRetention
): string[] {
  const inOutbox = { topic: 'the outbox', days: outboxDays + untilThePruneDays }
  const waysBack = [
    ...outbox.map(topic => [inOutbox, topic, ...deadLetters]),
    ...commands.map(topic => [topic, ...deadLetters])
  ]
  const wayBack = waysBack.reduce((longest, way) => (sumOf(way) > sumOf(longest) ? way : longest))
  return [
    ...outbox.filter(({ days }) => outboxDays <= days).map(topic => sentence('OUTBOX_DAYS', outboxDays, [topic])),
    ...(inboxDays <= sumOf(wayBack) ? [sentence('INBOX_DAYS', inboxDays, wayBack)] : []),
    ...(closedLettersDays <= sumOf(wayBack) ? [sentence('CLOSED_LETTERS_DAYS', closedLettersDays, wayBack)] : [])
  ]
}

const sumOf = (way: readonly KeptTopic[]) => way.reduce((sum, { days }) => sum + days, 0)

function sentence(setting: string, given: number, topics: readonly KeptTopic[]): string {
  const where = topics.map(({ topic, days: own }) => `${topic} ${own === Infinity ? 'for ever' : `${round(own)} days`}`)
  const kept = `an event can come again from what is kept: ${where.join(', then ')}`
  const unbounded = topics.find(topic => topic.days === Infinity)
  return unbounded
    ? `${setting}=${given} is too short, and any number is: ${kept}. Give ${unbounded.topic} a retention.ms.`
    : `${setting}=${given} is too short: ${kept}. Set it to ${Math.floor(sumOf(topics)) + 1} or more.`
}

const round = (days: number) => Math.round(days * 10) / 10
