// The audit's tables of what came through Brokers, beside those of audit-tables.ts and as temporary.
import type { Client } from 'pg'
import type { AuditedCommand } from './audited-command.ts'

const tables = `
  create temporary table audit_triggers (
    trigger text not null, function text not null, topic text not null, partition int not null,
    log_start bigint not null, log_end bigint not null,
    committed bigint not null, -- log_start where the group has committed nothing
    never_committed boolean not null
  );
  create temporary table audit_commands (
    trigger text not null, topic text not null, partition int not null, "offset" bigint not null,
    source text not null, id text not null, sent_source text not null, sent_id text not null
  );
`

export async function createCommandTables(client: Client): Promise<void> {
  await client.query(tables)
}

/** Whatever an event calls itself, PostgreSQL's text has no NUL; no row that it could match has one. */
export async function storeCommands(client: Client, commands: readonly AuditedCommand[]): Promise<void> {
  if (commands.length === 0) return
  const column = <Name extends keyof AuditedCommand>(name: Name) =>
    commands.map(command => {
      const value = command[name]
      return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value
    })
  await client.query(
    'insert into audit_commands select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])',
    [
      column('trigger'),
      column('topic'),
      column('partition'),
      column('offset'),
      column('source'),
      column('id'),
      column('sentSource'),
      column('sentId')
    ]
  )
}
