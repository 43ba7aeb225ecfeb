// The audit's own tables: temporary, so that they are gone with its session and need no rights but TEMPORARY, which
// everybody has. What Kafka says is put beside what the database says, and SQL compares the two.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { orderedFunctions } from './ordered-functions.ts'
import type { AuditedRecord } from './audited-record.ts'
import type { LogRange } from './log-offsets.ts'

const int8 = 20

/** Of one statement; the greatest sorts a million records. */
const statementTimeoutMs = 600_000

/** Times as the database's clock has them, which also wrote the rows that they are compared with. */
const tables = `
  create temporary table audit_run (started_at timestamptz not null, grace interval not null);

  -- The functions that follow each student in order: what they accept, and the sequence before the first one that they see.
  create temporary table audit_functions (function text primary key, accepts text[] not null, start_sequence int not null);

  create temporary table audit_partitions (
    function text not null, plain_source text not null,
    topic text not null, partition int not null,
    log_start bigint not null, log_end bigint not null,
    committed bigint not null, -- log_start where the group has committed nothing
    never_committed boolean not null
  );
  create temporary table audit_unread_topics (topic text primary key);

  create temporary table audit_records (
    topic text not null, partition int not null, "offset" bigint not null, written_at timestamptz not null,
    key text, source text, id text, type text, event_time timestamptz, student text, sequence int,
    predecessors text,
    function text, value_digest bytea not null, attributes_digest bytea not null
  );

  -- Records of the dead letter topics, and whether the group that reads them has come past them.
  create temporary table audit_letters (like audit_records);
  alter table audit_letters add read boolean not null default false;

  -- The sequence that a function has to have done before an event: functions/runtime/delivery/position.ts in SQL.
  create function pg_temp.predecessor(predecessors text, sequence int, accepts text[], start_sequence int) returns int
  immutable language sql as $$
    select case
      when predecessors = 'none' then 0
      when predecessors ~ '^[^=&]+=[0-9]{1,10}(&[^=&]+=[0-9]{1,10})*$' then coalesce((
        select max(split_part(entry, '=', 2)::bigint)::int from regexp_split_to_table(predecessors, '&') entry
        where split_part(entry, '=', 1) = any (accepts) and split_part(entry, '=', 2)::bigint < sequence), 0)
      when sequence - 1 <= start_sequence then 0
      else sequence - 1
    end
  $$;
`
const columns =
  'topic, partition, "offset", written_at, key, source, id, type, event_time, student, sequence, predecessors, function, value_digest, attributes_digest'

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
  for (const { name, accepts, startSequence } of await orderedFunctions()) {
    await client.query('insert into audit_functions values ($1, $2, $3)', [name, accepts, startSequence])
  }
  return client
}

/** One row for each partition that `reader` follows: two names that say who it is, the log's range, and how far it has come. */
export async function storePartitions(
  client: Client,
  table: 'audit_partitions' | 'audit_triggers',
  reader: readonly [string, string],
  ranges: readonly LogRange[],
  committed: ReadonlyMap<string, number>
): Promise<void> {
  for (const { topic, partition, start, end } of ranges) {
    const offset = committed.get(`${topic}/${partition}`)
    await client.query(`insert into ${table} values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
      ...reader,
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
    text(record.type),
    record.eventTime?.toISOString() ?? String.raw`\N`,
    text(record.student),
    record.sequence ?? String.raw`\N`,
    text(record.predecessors),
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
