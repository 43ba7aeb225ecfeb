// The audit: Kafka's log and the database, each read once, and compared.
//
// Order matters, because both continue to change: first the committed offsets, then the ends of the logs, then the records up to
// there, and last the database, in one snapshot. What a group had committed was in the database before, so an event that is
// missing there is missing.
import type { Kafka } from 'kafkajs'
import type { Client } from 'pg'
import type { KafkaRecord } from '../../knative-local/events.ts'
import { openAuditSession, storePartitions, storeRecords } from './audit-tables.ts'
import { type AuditedCommand, auditedCommand, commandOf, passes } from './audited-command.ts'
import { auditedRecord } from './audited-record.ts'
import { commandChecks, commandCoverage, prepareCommands } from './checks/commands.ts'
import { deliveryChecks } from './checks/delivery.ts'
import { effectChecks } from './checks/effects.ts'
import { studentEffectChecks } from './checks/student-effects.ts'
import { coverage, prepare } from './checks/prepare.ts'
import { accounts, publishingChecks } from './checks/publishing.ts'
import { createCommandTables, storeCommands } from './command-tables.ts'
import type { Check, Finding } from './finding.ts'
import { followedFunctions, type AuditedPlan, type Followed } from './followed-functions.ts'
import { committedOffsets, existingTopics, logRanges, type LogRange } from './log-offsets.ts'
import { readLog } from './read-log.ts'

export interface AuditOptions {
  readonly kafka: Kafka
  readonly databaseUrl: string
  readonly plan: AuditedPlan
  /** An outbox row this young may still be on its way to Kafka. */
  readonly graceSeconds: number
  progress(sentence: string, done?: number, total?: number): void
}

/** One function and topic-partition: events by what became of them. */
export interface Coverage {
  readonly function: string
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly applied: number
  /** Open ones, and those on their way to the database. */
  readonly letters: number
  readonly held: number
  readonly discarded: number
  readonly pending: number
  readonly lost: number
  readonly duplicates: number
}

/** One Trigger and partition of its Broker's topic: events that pass its filter, by what became of them. */
export interface CommandCoverage {
  readonly trigger: string
  readonly function: string
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** Or handled, where the function follows events. */
  readonly answered: number
  readonly letters: number
  readonly discarded: number
  readonly resolved: number
  readonly pending: number
  readonly lost: number
}

export interface Accounts {
  readonly outboxRows: number
  readonly outboxRowsOnTheirWay: number
  readonly outboxRowsOlderThanTheLog: number
  readonly records: number
  readonly recordsWhoseRowWasPruned: number
}

export interface AuditReport {
  readonly clean: boolean
  readonly startedAt: string
  readonly seconds: number
  readonly coverage: readonly Coverage[]
  readonly commands: readonly CommandCoverage[]
  readonly accounts: Accounts
  /** Of each kind, also of those beyond the findings that are listed. */
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
}

/** Of one check; the rest is counted. */
export const maxListed = 1_000

export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const { kafka, databaseUrl, plan, graceSeconds, progress } = options
  const beganAt = performance.now()
  const followed = followedFunctions(plan)
  if (followed.functions.length === 0) {
    throw new Error(
      'No KafkaSource names a function in spec.ceOverrides.extensions.function: there is nothing to audit.'
    )
  }
  const client = await openAuditSession(databaseUrl)
  client.on('error', () => undefined) // the query under way fails as well
  try {
    const { rows } = await client.query<{ started_at: Date }>(
      'insert into audit_run values (clock_timestamp(), make_interval(secs => $1)) returning started_at',
      [graceSeconds]
    )
    await createCommandTables(client)
    await loadLog(kafka, client, followed, progress)
    return {
      startedAt: rows[0]?.started_at.toISOString() ?? '',
      ...(await compare(client, progress)),
      seconds: Math.round((performance.now() - beganAt) / 100) / 10
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function loadLog(
  kafka: Kafka,
  client: Client,
  { functions, triggers: declared, deadLetterTopics }: Followed,
  progress: AuditOptions['progress']
): Promise<void> {
  progress('reading offsets')
  const admin = kafka.admin()
  await admin.connect()
  const ranges: LogRange[] = []
  const letterRanges: LogRange[] = []
  const brokerRanges: LogRange[] = []
  let triggers: Followed['triggers'] = []
  const readBy = new Map<string, Map<string, number>>()
  try {
    const committed = await Promise.all(functions.map(({ group, topics }) => committedOffsets(admin, group, topics)))
    // A Broker makes its topic when it starts: where there is none, nothing was accepted.
    const existing = await existingTopics(
      admin,
      declared.map(({ topic }) => topic)
    )
    triggers = declared.filter(({ topic }) => existing.includes(topic))
    const committedByTriggers = await Promise.all(
      triggers.map(({ egress, topic }) => committedOffsets(admin, egress.group, [topic]))
    )
    for (const { topic, group } of deadLetterTopics) {
      readBy.set(topic, group === undefined ? new Map() : await committedOffsets(admin, group, [topic]))
      if (group === undefined) await client.query('insert into audit_unread_topics values ($1)', [topic])
    }
    const { rows } = await client.query<{ topic: string }>('select distinct topic from outbox')
    const topics = new Set([...functions.flatMap(fn => fn.topics), ...rows.map(({ topic }) => topic)])
    ranges.push(...(await logRanges(admin, [...topics])))
    letterRanges.push(
      ...(await logRanges(
        admin,
        deadLetterTopics.map(({ topic }) => topic)
      ))
    )
    for (const [index, fn] of functions.entries()) {
      const own = ranges.filter(({ topic }) => fn.topics.includes(topic))
      const missing = fn.topics.find(topic => own.every(range => range.topic !== topic))
      if (missing !== undefined) throw new Error(`This Kafka has no topic ${missing}, which ${fn.name} follows.`)
      await storePartitions(client, 'audit_partitions', [fn.name, fn.plainSource], own, committed[index] ?? new Map())
    }
    brokerRanges.push(...(await logRanges(admin, [...new Set(triggers.map(({ topic }) => topic))])))
    for (const [index, trigger] of triggers.entries()) {
      const own = brokerRanges.filter(({ topic }) => topic === trigger.topic)
      const committedTo = committedByTriggers[index] ?? new Map()
      await storePartitions(client, 'audit_triggers', [trigger.name, trigger.function], own, committedTo)
    }
  } finally {
    await admin.disconnect()
  }

  const all = [...ranges, ...letterRanges, ...brokerRanges]
  const total = all.reduce((sum, { start, end }) => sum + end - start, 0)
  const letterTopics = new Set(letterRanges.map(({ topic }) => topic))
  const brokerTopics = new Set(brokerRanges.map(({ topic }) => topic))
  let done = 0
  await readLog(kafka, all, async (records: readonly KafkaRecord[]) => {
    const topic = records[0]?.topic ?? ''
    if (brokerTopics.has(topic)) await storeCommands(client, commandsIn(records, triggers))
    else
      await storeRecords(
        client,
        letterTopics.has(topic) ? 'audit_letters' : 'audit_records',
        records.map(auditedRecord)
      )
    done += records.length
    progress('reading the log', done, total)
  })
  for (const [topic, committed] of readBy) {
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

async function compare(
  client: Client,
  progress: AuditOptions['progress']
): Promise<Omit<AuditReport, 'startedAt' | 'seconds'>> {
  const findings: Finding[] = []
  const counts: Record<string, number> = {}
  await client.query('begin isolation level repeatable read')
  for (const statement of [...prepare, ...prepareCommands]) {
    progress('comparing with the database')
    await client.query(statement)
  }
  for (const check of [
    ...deliveryChecks,
    ...commandChecks,
    ...publishingChecks,
    ...effectChecks,
    ...studentEffectChecks
  ]) {
    progress(`checking: ${check.kind}`)
    const { count, found } = await runCheck(client, check)
    if (count > 0) counts[check.kind] = (counts[check.kind] ?? 0) + count
    findings.push(...found)
  }
  const covered = await client.query<Coverage>(coverage)
  const commands = await client.query<CommandCoverage>(commandCoverage)
  const accounted = await client.query<Accounts>(accounts)
  await client.query('rollback') // nothing was written but the audit's own tables
  const [first] = accounted.rows
  if (first === undefined) throw new Error('the database did not answer the last question')
  return {
    clean: findings.length === 0,
    coverage: covered.rows,
    commands: commands.rows,
    accounts: first,
    counts,
    findings
  }
}

async function runCheck(client: Client, { kind, sql }: Check): Promise<{ count: number; found: Finding[] }> {
  const { rows } = await client.query<Record<string, unknown> & { total: number; detail: string }>(
    `select *, count(*) over () as total from (${sql}) found limit ${maxListed}`
  )
  const found = rows.map(({ detail, ...where }): Finding => {
    const known = Object.fromEntries(
      Object.entries(where).filter(([name, value]) => name !== 'total' && value !== null)
    )
    return { kind, detail, ...known, ...readAgain(known) }
  })
  return { count: rows[0]?.total ?? 0, found }
}

function readAgain({ topic, partition, offset }: Record<string, unknown>): Pick<Finding, 'readAgain'> {
  if (topic === undefined || partition === undefined || offset === undefined) return {}
  return { readAgain: `npm run local -- record ${topic}/${partition}/${offset}` }
}
