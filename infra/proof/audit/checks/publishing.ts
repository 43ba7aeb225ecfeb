// Every change of a student became an event, and every event of the outbox is in Kafka as it was written, in order.
import type { Check } from '../finding.ts'

/** Of clocks that differ between the functions, which stamp events, and the database, which stamps rows. */
const clockSkew = `interval '1 minute'`

const horizon = (topic: string) =>
  `coalesce((select max(before) from audit_horizons where audit_horizons.topic = ${topic}), '-infinity')`

export const publishingChecks: readonly Check[] = [
  {
    kind: 'not-published',
    sql: `
      select o.topic, o.source, o.id::text as id, o.subject as student,
        case when o.sequence ~ '^\\d{1,9}$|^0\\d{9}$' then o.sequence::int end as sequence,
        'written at ' || o.created_at || ', but not in Kafka' as detail
      from outbox o
      left join audit_records r on r.topic = o.topic and r.source = o.source and r.id = o.id::text
      where r.id is null and o.created_at < (select started_at - grace from audit_run)
        and o.created_at >= ${horizon('o.topic')}
      order by o.id`
  },
  {
    kind: 'record-changed',
    sql: `
      select r.topic, r.partition, r."offset", r.source, r.id, r.student, r.sequence,
        'not as in the outbox: ' || concat_ws(', ',
          case when r.key is distinct from o.key then 'another key' end,
          case when r.value_digest <> sha256(o.payload) then 'other bytes' end,
          case when r.attributes_digest <> o.attributes_digest then 'other attributes' end,
          case when r.predecessors <> o.predecessors then 'other predecessors' end) as detail
      from (
        select id::text, topic, source, key, payload, predecessors, sha256(convert_to(concat_ws(E'\\n', specversion, type, source,
          subject, time, dataschema, sequence, partitionkey, content_type, traceparent), 'UTF8')) as attributes_digest
        from outbox
      ) o
      join audit_records r on r.topic = o.topic and r.id = o.id
      where r.key is distinct from o.key or r.value_digest <> sha256(o.payload)
        or r.attributes_digest <> o.attributes_digest
        or r.predecessors <> o.predecessors -- null in a record from before the extension
      order by r.topic, r.partition, r."offset"`
  },
  {
    // Pruning takes the oldest rows: a record as young as a row that is still there must have its own.
    kind: 'record-without-row',
    sql: `
      select r.topic, r.partition, r."offset", r.source, r.id, r.student, r.sequence,
        'no outbox row has this event: something else wrote the record' as detail
      from audit_records r left join outbox o on o.id::text = r.id and o.topic = r.topic
      where o.id is null
        and coalesce(r.event_time, r.written_at) >= (select min(created_at) + ${clockSkew} from outbox)
      order by r.topic, r.partition, r."offset"`
  },
  {
    kind: 'change-without-event',
    sql: `
      select s.id as student, missing.sequence,
        'the student is at version ' || s.version || ', but version ' || missing.sequence || ' was never published' as detail
      from students s
      cross join generate_series(1, s.version) as missing(sequence)
      left join outbox o on o.subject = s.id and o.sequence = lpad(missing.sequence::text, 10, '0')
      left join audit_records r on r.student = s.id and r.sequence = missing.sequence
      where o.id is null and r.student is null
        and (s.created_at >= (select max(before) from audit_horizons)
          or missing.sequence = s.version and s.updated_at >= (select max(before) from audit_horizons))
      order by s.id, missing.sequence`
  },
  {
    // Partitions are compared with none but themselves: Kafka keeps no order between two, as after partitions were added.
    kind: 'log-out-of-order',
    sql: `
      select topic, partition, "offset", source, id, student, sequence,
        'written behind sequence ' || before || ' of the same student' as detail
      from (
        select r.*, lag(r.sequence) over (partition by r.topic, r.partition, r.student order by r."offset") as before
        from audit_records r
        left join audit_repeated again using (topic, partition, "offset")
        where r.student is not null and again.topic is null
      ) firsts
      where sequence <= before
      order by topic, partition, "offset"`
  }
]

/** What could not be compared, and why that is no finding. */
export const accounts = `
  select
    (select count(*)::int from outbox o where o.created_at >= (select started_at - grace from audit_run)
      and not exists (select from audit_records r where r.topic = o.topic and r.source = o.source and r.id = o.id::text)
    ) as "outboxRowsOnTheirWay",
    (select count(*)::int from outbox o where o.created_at < ${horizon('o.topic')}
      and not exists (select from audit_records r where r.topic = o.topic and r.source = o.source and r.id = o.id::text)
    ) as "outboxRowsOlderThanTheLog",
    (select count(*)::int from audit_records r left join outbox o on o.id::text = r.id where o.id is null
      and coalesce(r.event_time, r.written_at)
        < coalesce((select min(created_at) + ${clockSkew} from outbox), 'infinity')) as "recordsWhoseRowWasPruned",
    (select count(*)::int from outbox) as "outboxRows",
    (select count(*)::int from audit_records) as records`
