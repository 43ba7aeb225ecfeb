// The audit's own tables: temporary, so that they are gone with its session and need no rights but TEMPORARY, which
// everybody has. What Kafka says is put beside what the database says, and SQL compares the two.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { startOf } from '../../../functions/students/student-functions.ts'
import type { AuditedRecord } from './audited-record.ts'
import type { FollowedFunction } from './followed-functions.ts'
import type { LogRange } from './log-offsets.ts'

const int8 = 20

/** Of one statement; the greatest sorts a million records. */
const statementTimeoutMs = 600_000

/** Times as the database's clock tells them, which also wrote the rows that they are compared with. */
const tables = `
  create temporary table audit_run (started_at timestamptz not null, grace interval not null);

  create temporary table audit_partitions (
    function text not null, plain_source text not null, start_sequence int not null,
    topic text not null, partition int not null,
    log_start bigint not null, log_end bigint not null,
    committed bigint not null, -- log_start where the group has committed nothing
    never_committed boolean not null
  );
  create temporary table audit_unread_topics (topic text primary key);

  create temporary table audit_records (
    topic text not null, partition int not null, "offset" bigint not null, written_at timestamptz not null,
    key text, source text, id text, event_time timestamptz, student text, sequence int,
    function text, value_digest bytea not null, attributes_digest bytea not null
  );

  -- Records of the dead letter topics, and whether the group that reads them has come past them.
  create temporary table audit_letters (like audit_records);
  alter table audit_letters add read boolean not null default false;
`
const columns =
  'topic, partition, "offset", written_at, key, source, id, event_time, student, sequence, function, value_digest, attributes_digest'

export async function openAuditSession(databaseUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'audit',
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    keepAlive: true
  })
  client.setTypeParser(int8, Number) // offsets and counts are far below 2^53
  await client.connect()
  await client.query(tables)
  return client
}

export async function storePartitions(
  client: Client,
  fn: FollowedFunction,
  ranges: readonly LogRange[],
  committed: ReadonlyMap<string, number>
): Promise<void> {
  for (const { topic, partition, start, end } of ranges) {
    const offset = committed.get(`${topic}/${partition}`)
    await client.query('insert into audit_partitions values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
      fn.name,
      fn.plainSource,
      startOf(fn.name) ?? 0,
      topic,
      partition,
      start,
      end,
      offset ?? start,
      offset === undefined
    ])
  }
}

export async function storeRecords(
  client: Client,
  table: 'audit_records' | 'audit_letters',
  records: readonly AuditedRecord[]
): Promise<void> {
  if (records.length === 0) return
  const rows = Readable.from([Buffer.from(records.map(copyLine).join(''))])
  await pipeline(rows, client.query(copyFrom(`copy ${table} (${columns}) from stdin`)))
}

function copyLine(record: AuditedRecord): string {
  return `${[
    text(record.topic),
    record.partition,
    record.offset,
    record.writtenAt.toISOString(),
    text(record.key),
    text(record.source),
    text(record.id),
    record.eventTime?.toISOString() ?? String.raw`\N`,
    text(record.student),
    record.sequence ?? String.raw`\N`,
    text(record.function),
    String.raw`\\x` + record.valueDigest.toString('hex'),
    String.raw`\\x` + record.attributesDigest.toString('hex')
  ].join('\t')}\n`
}

const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\uFFFD' }

/** COPY's text format. PostgreSQL's text has no NUL, so no row that a record could match has one. */
function text(value: string | null): string {
  // oxlint-disable-next-line no-control-regex
  return value === null ? String.raw`\N` : value.replace(/[\\\t\n\r\0]/g, found => escapes[found] ?? found)
}
