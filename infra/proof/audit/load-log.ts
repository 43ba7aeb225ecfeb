// Kafka's half of the audit: committed offsets, the ends of the logs, and every record up to there, into the audit's own tables.
import type { Admin, Kafka } from 'kafkajs'
import type { Client } from 'pg'
import type { KafkaRecord } from '../../knative-local/events.ts'
import { storePartitions, storeRecords } from './audit-tables.ts'
import { type AuditedCommand, auditedCommand, commandOf, passes } from './audited-command.ts'
import { auditedRecord } from './audited-record.ts'
import type { Progress } from './audit-report.ts'
import { storeCommands } from './command-tables.ts'
import type { Followed } from './followed-functions.ts'
import { committedOffsets, existingTopics, logRanges, type LogRange } from './log-offsets.ts'
import { readLog } from './read-log.ts'

type Offsets = ReadonlyMap<string, number>

/** What is read of each kind of topic, and how far the readers of dead letters have come. */
interface Ranges {
  readonly events: readonly LogRange[]
  readonly letters: readonly LogRange[]
  readonly commands: readonly LogRange[]
  readonly triggers: Followed['triggers']
  readonly lettersReadTo: ReadonlyMap<string, Offsets>
}

export async function loadLog(kafka: Kafka, client: Client, followed: Followed, progress: Progress): Promise<void> {
  progress('reading offsets')
  const admin = kafka.admin()
  await admin.connect()
  const ranges = await readRanges(admin, client, followed).finally(() => admin.disconnect())
  await readRecords(kafka, client, ranges, progress)
  await markReadLetters(client, ranges.lettersReadTo)
}

/** All committed offsets before any end of a log: an end that was read first could lie before what is committed by then. */
async function readRanges(admin: Admin, client: Client, followed: Followed): Promise<Ranges> {
  const { functions, deadLetterTopics } = followed
  const committed = await Promise.all(functions.map(({ group, topics }) => committedOffsets(admin, group, topics)))
  // A Broker makes its topic when it starts: where there is none, nothing was accepted.
  const existing = await existingTopics(
    admin,
    followed.triggers.map(({ topic }) => topic)
  )
  const triggers = followed.triggers.filter(({ topic }) => existing.includes(topic))
  const committedByTriggers = await Promise.all(
    triggers.map(({ egress, topic }) => committedOffsets(admin, egress.group, [topic]))
  )
  const lettersReadTo = new Map<string, Offsets>()
  for (const { topic, group } of deadLetterTopics) {
    lettersReadTo.set(topic, group === undefined ? new Map() : await committedOffsets(admin, group, [topic]))
    if (group === undefined) await client.query('insert into audit_unread_topics values ($1)', [topic])
  }

  const { rows } = await client.query<{ topic: string }>('select distinct topic from outbox')
  const topics = new Set([...functions.flatMap(fn => fn.topics), ...rows.map(({ topic }) => topic)])
  const events = await logRanges(admin, [...topics])
  const letters = await logRanges(
    admin,
    deadLetterTopics.map(({ topic }) => topic)
  )
  for (const [index, fn] of functions.entries()) {
    const own = events.filter(({ topic }) => fn.topics.includes(topic))
    const missing = fn.topics.find(topic => own.every(range => range.topic !== topic))
    if (missing !== undefined) throw new Error(`This Kafka has no topic ${missing}, which ${fn.name} follows.`)
    await storePartitions(client, 'audit_partitions', [fn.name, fn.plainSource], own, committed[index] ?? new Map())
  }
  const commands = await logRanges(admin, [...new Set(triggers.map(({ topic }) => topic))])
  for (const [index, trigger] of triggers.entries()) {
    const own = commands.filter(({ topic }) => topic === trigger.topic)
    const committedTo = committedByTriggers[index] ?? new Map()
    await storePartitions(client, 'audit_triggers', [trigger.name, trigger.function], own, committedTo)
  }
  return { events, letters, commands, triggers, lettersReadTo }
}

async function readRecords(
  kafka: Kafka,
  client: Client,
  { events, letters, commands, triggers }: Ranges,
  progress: Progress
): Promise<void> {
  const all = [...events, ...letters, ...commands]
  const total = all.reduce((sum, { start, end }) => sum + end - start, 0)
  const letterTopics = new Set(letters.map(({ topic }) => topic))
  const brokerTopics = new Set(commands.map(({ topic }) => topic))
  let done = 0
  await readLog(kafka, all, async (records: readonly KafkaRecord[]) => {
    const topic = records[0]?.topic ?? ''
    if (brokerTopics.has(topic)) await storeCommands(client, commandsIn(records, triggers))
    else {
      const table = letterTopics.has(topic) ? 'audit_letters' : 'audit_records'
      await storeRecords(client, table, records.map(auditedRecord))
    }
    done += records.length
    progress('reading the log', done, total)
  })
}

async function markReadLetters(client: Client, readTo: Ranges['lettersReadTo']): Promise<void> {
  for (const [topic, committed] of readTo) {
    for (const [key, offset] of committed) {
      await client.query('update audit_letters set read = true where topic = $1 and partition = $2 and "offset" < $3', [
        topic,
        Number(key.slice(topic.length + 1)),
        offset
      ])
    }
  }
}

function commandsIn(records: readonly KafkaRecord[], triggers: Followed['triggers']): AuditedCommand[] {
  return records.flatMap(record => {
    const event = commandOf(record)
    if (event === undefined) return []
    return triggers
      .filter(trigger => trigger.topic === record.topic && passes(event, trigger))
      .map(trigger => auditedCommand(record, event, trigger))
  })
}
