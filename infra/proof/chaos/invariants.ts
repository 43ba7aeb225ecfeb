// What must hold whatever was done to the system. Three histories are compared: what callers were answered, what Kafka keeps
// and what the database holds; the audit compares the last two.
import type { Client } from 'pg'
import type { AuditReport } from '../audit/audit-report.ts'
import type { Load } from './load.ts'

export interface Invariant {
  readonly name: string
  readonly holds: boolean
  readonly detail: string
}

export async function checkInvariants(
  client: Client,
  load: Pick<Load, 'accepted'>,
  mark: string,
  audit: AuditReport
): Promise<Invariant[]> {
  const accepted = [...load.accepted].map(([id, student]) => ({ id, ...student }))
  const named = audit.findings.flatMap(({ kind, student }) => (kind === 'lost' && student ? [student] : []))
  const { rows } = await client.query<
    Record<'missing' | 'repeated' | 'behind' | 'rows' | 'events' | 'effects' | 'unnamed', number>
  >(
    `with accepted as (
       select * from jsonb_to_recordset($1) as a(id text, email text, version int)
     ), written as (
       select id, email, version from students where email like '%@' || $2
     )
     select
       (select count(*) from accepted a left join written w on w.id = a.id where w.id is null)::int as missing,
       (select count(*) from accepted a join written w on w.id = a.id where w.version < a.version)::int as behind,
       (select count(*) from (select email from written group by email having count(*) > 1) twice)::int as repeated,
       (select count(*) from written)::int as rows,
       (select coalesce(sum(version), 0) from written)::int as events,
       (select count(*) from timeline t join written w on w.id = t.student_id)::int as effects,
       (select count(*) from written w cross join generate_series(1, w.version) as v(sequence)
        left join timeline t on t.student_id = w.id and t.sequence = v.sequence
        where t.student_id is null and w.id <> all($3::text[]))::int as unnamed`,
    [JSON.stringify(accepted), mark, named]
  )
  const {
    missing = 0,
    repeated = 0,
    behind = 0,
    rows: written = 0,
    events = 0,
    effects = 0,
    unnamed = 0
  } = rows[0] ?? {}
  const found = (...kinds: string[]) => kinds.reduce((sum, kind) => sum + (audit.counts[kind] ?? 0), 0)
  const none = (name: string, count: number, detail: string): Invariant => ({
    name,
    holds: count === 0,
    detail: `${count} ${detail}`
  })
  return [
    none(
      'what was accepted is there',
      missing + behind,
      `of ${accepted.length} accepted students are missing or behind`
    ),
    none('a repeated command is done once', repeated, `of ${written} students were created twice`),
    none('nothing is lost', found('lost', 'removed-unread', 'beyond-the-log'), 'events lost'),
    none(
      'what is lost is named by the audit',
      unnamed,
      `of ${events} changes have no effect and no finding (${effects} effects)`
    ),
    none('nothing is applied twice', found('effect-twice', 'fence-behind'), 'effects twice'),
    none('nothing is applied out of order', found('out-of-order', 'applied-ahead'), 'effects out of order'),
    none(
      'no effect without an event, none missing',
      found('effect-without-event', 'effect-missing', 'directory-differs', 'fence-ahead'),
      'effects that differ'
    ),
    none(
      'every change reaches Kafka as it was written',
      found('not-published', 'record-changed', 'change-without-event'),
      'changes missing or altered'
    ),
    none('first occurrences are in order in Kafka', found('log-out-of-order'), 'records out of order'),
    none(
      'the audit finds nothing else',
      Object.values(audit.counts).reduce((sum, count) => sum + count, 0),
      'findings'
    )
  ]
}
