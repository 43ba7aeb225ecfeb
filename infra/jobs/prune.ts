// Removes what nothing asks for any more, in small transactions. `node infra/jobs/prune.ts`; daily, by a CronJob.
//
//   outbox            kept longer than its topics keep records, until the replication slot is past it, and while events of its
//                     student are held: what is missing before them can be published again
//   handled_events    kept longer than its event can come again, from the outbox, as a record or as a dead letter
//   command_answers   the same, and while a letter of the command is open
//   dead_letters      closed ones, with their part in replays; open ones stay, and so does a discarded one whose turn has
//                     not come, because the fence has yet to move over it
//   failures          what failed deliveries recorded, unless a letter shows it
//   replay_jobs       those that are over and took no letter that is still open
//
// What shows a duplicate of an outbox row stays while that row does: for a student whose events are held, and as long as the
// slot cannot say what was published. Fences stay for ever: one small row per student and function is what makes a late
// duplicate harmless.
// Before anything is removed the settings are compared with how long Kafka really keeps each topic.
import type { Admin } from 'kafkajs'
import { Client } from 'pg'
import { z } from 'zod'
import { loadConfig } from '../../functions/runtime/host/config.ts'
import { createKafkaClient } from './kafka-client.ts'
import { keptByKafka, tooShort } from './kept-by-kafka.ts'

const days = z.coerce.number().int().min(1).max(3650)
const topics = z.string().transform(list => list.split(',').map(topic => topic.trim()))
export const PruneConfig = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  OUTBOX_DAYS: days,
  INBOX_DAYS: days,
  CLOSED_LETTERS_DAYS: days,
  /** That the outbox is published to. */
  OUTBOX_TOPICS: topics,
  /** Of commands that come as events. */
  COMMAND_TOPICS: topics,
  /** In the order in which an event goes from one to the next. */
  DEAD_LETTER_TOPICS: topics,
  /** Of the connector that publishes the outbox. */
  OUTBOX_SLOT: z.string().min(1)
})
export type PruneConfig = z.infer<typeof PruneConfig>

const KafkaConfig = z.object({
  KAFKA_BOOTSTRAP: z.string().min(1),
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
  /** PEM. */
  KAFKA_CA: z.string().optional()
})

/** A setting is shorter than what can still come again. Nothing was removed. */
export class RetentionTooShort extends Error {}

export interface Pruned {
  /** Rows that went, by table. */
  readonly removed: Readonly<Record<string, number>>
  /** Why something was not even looked at. */
  readonly notes: readonly string[]
}

/** Rows in one transaction: a short lock, and a small piece of write-ahead log. */
const batchSize = 10_000

/** A batch takes seconds. A lock that is not given in this time fails the run; the next one continues where this one was. */
const statementTimeoutMs = 30_000

interface Removal {
  readonly table: string
  /** Rows of the outbox, and what recognises their events when they are published again. */
  readonly ofOutbox: boolean
  readonly old: string
  values(config: PruneConfig): readonly (string | number)[]
}

/** No event of the student waits for one that is missing, which a row of the outbox would bring again. */
const notHeld = (entity: string) => `not exists (select from held_events held where held.entity = ${entity})`

/**
 * Whether the slot's horizon says what was published. A slot that took the place of a lost one begins with the present, and
 * what is older is published by the connector's snapshot: only when that is over does the connector read the slot. While a
 * slot is being made it is active too, but has no position yet.
 */
const isRead = 'active and confirmed_flush_lsn is not null'

const removals: readonly Removal[] = [
  {
    table: 'outbox',
    ofOutbox: true,
    // A row whose transaction is older than the slot's horizon was confirmed: a slot keeps that horizon for what it has yet to
    // send. Asked with every batch, because a slot can be lost and replaced between two.
    old: `created_at < now() - make_interval(days => $1)
      and age(outbox.xmin) > (select age(catalog_xmin) from pg_replication_slots where slot_name = $2 and ${isRead})
      and ${notHeld('outbox.subject')}`,
    values: config => [config.OUTBOX_DAYS, config.OUTBOX_SLOT]
  },
  {
    table: 'handled_events',
    ofOutbox: true,
    old: `handled_at < now() - make_interval(days => $1) and ${notHeld('handled_events.entity')} and not exists (
      select from dead_letters letter
      where letter.entity = handled_events.entity and letter.function = handled_events.function
        and letter.sequence = handled_events.sequence and letter.state in ('open', 'replaying'))`,
    values: config => [config.INBOX_DAYS]
  },
  {
    table: 'command_answers',
    ofOutbox: false,
    // The key of a command that came as an event: functions/runtime/events/answer-once.ts.
    old: `created_at < now() - make_interval(days => $1) and not exists (
      select from dead_letters letter
      where letter.function = command_answers.function and letter.state in ('open', 'replaying')
        and command_answers.key = 'event:' || replace(replace(letter.source, '\\', '\\\\'), ' ', '\\s')
          || ' ' || letter.event_id)`,
    values: config => [config.INBOX_DAYS]
  },
  {
    table: 'dead_letters',
    ofOutbox: true,
    old: `closed_at < now() - make_interval(days => $1) and state in ('resolved', 'discarded')
      and ${notHeld('dead_letters.entity')}
      and not exists (
        select from replay_items item where item.letter_id = dead_letters.id and item.state in ('waiting', 'sending'))
      and not (state = 'discarded' and exists (
        select from fences
        where fences.function = dead_letters.function and fences.entity = dead_letters.entity
          and fences.sequence < dead_letters.sequence))`,
    values: config => [config.CLOSED_LETTERS_DAYS]
  },
  {
    table: 'failures',
    ofOutbox: false,
    old: `last_failed_at < now() - make_interval(days => $1) and not exists (
      select from dead_letters letter
      where letter.function = failures.function and letter.source = failures.source
        and letter.attributes->>'id' = failures.event_id)`,
    values: config => [config.CLOSED_LETTERS_DAYS]
  },
  {
    table: 'replay_jobs',
    ofOutbox: false,
    old: `finished_at < now() - make_interval(days => $1) and state <> 'running' and not exists (
      select from replay_items item join dead_letters letter on letter.id = item.letter_id
      where item.job_id = replay_jobs.id and letter.state in ('open', 'replaying'))`,
    values: config => [config.CLOSED_LETTERS_DAYS]
  }
]

const keptWhole = `kept whole: ${removals.flatMap(({ table, ofOutbox }) => (ofOutbox ? [table] : [])).join(', ')}`

/**
 * @throws RetentionTooShort, before anything is removed
 * @throws the signal's reason, once it is aborted, between two batches
 */
export async function prune(config: PruneConfig, admin: Admin, signal?: AbortSignal): Promise<Pruned> {
  await refuseTooShort(config, admin)
  signal?.throwIfAborted()
  const client = new Client({
    connectionString: config.DATABASE_URL,
    application_name: 'prune',
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000 // of a server that answers nothing at all
  })
  // A connection that breaks fails the query under way. Without a listener it would end the process too: all of `npm run dev`.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const removed: Record<string, number> = {}
    const blocked = await slotNotUsable(client, config.OUTBOX_SLOT)
    for (const removal of removals) {
      const kept = removal.ofOutbox && blocked !== undefined
      removed[removal.table] = kept ? 0 : await removeWhere(client, removal, removal.values(config), signal)
    }
    return { removed, notes: blocked === undefined ? [] : [`${keptWhole}; ${blocked}`] }
  } finally {
    await client.end()
  }
}

async function refuseTooShort(config: PruneConfig, admin: Admin): Promise<void> {
  const problems = tooShort(
    { outboxDays: config.OUTBOX_DAYS, inboxDays: config.INBOX_DAYS, closedLettersDays: config.CLOSED_LETTERS_DAYS },
    {
      outbox: await keptByKafka(admin, config.OUTBOX_TOPICS),
      commands: await keptByKafka(admin, config.COMMAND_TOPICS),
      deadLetters: await keptByKafka(admin, config.DEAD_LETTER_TOPICS)
    }
  )
  if (problems.length > 0) throw new RetentionTooShort(`Nothing was removed.\n${problems.join('\n')}`)
}

/** Without its slot, the connector publishes what is left in the outbox: all of it has to be left, and recognised. */
async function slotNotUsable(client: Client, slot: string): Promise<string | undefined> {
  const { rows } = await client.query<{ lost: boolean; unfinished: boolean; active: boolean }>(
    `select wal_status = 'lost' or catalog_xmin is null as lost, confirmed_flush_lsn is null as unfinished, active
    from pg_replication_slots where slot_name = $1`,
    [slot]
  )
  const [found] = rows
  if (found === undefined) return `the replication slot ${slot} is not there`
  if (found.lost) return `the replication slot ${slot} is lost`
  if (found.unfinished) return `the replication slot ${slot} is still being made`
  return found.active ? undefined : `the replication slot ${slot} has no reader`
}

async function removeWhere(
  client: Client,
  { table, old }: Removal,
  values: readonly (string | number)[],
  signal: AbortSignal | undefined
): Promise<number> {
  let removed = 0
  for (;;) {
    signal?.throwIfAborted()
    const { rowCount } = await client.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where ${old} limit ${batchSize}))`,
      [...values]
    )
    removed += rowCount ?? 0
    if (rowCount !== batchSize) return removed
  }
}

if (import.meta.main) {
  const config = loadConfig(PruneConfig.extend(KafkaConfig.shape))
  const kafka = createKafkaClient('prune', {
    bootstrap: config.KAFKA_BOOTSTRAP,
    username: config.KAFKA_USERNAME,
    password: config.KAFKA_PASSWORD,
    authority: config.KAFKA_CA
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    process.stdout.write(`${JSON.stringify(await prune(config, admin))}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = error instanceof RetentionTooShort ? 78 : 1 // EX_CONFIG of sysexits.h
  } finally {
    await admin.disconnect()
  }
}
