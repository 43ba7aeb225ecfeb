// Every event behind the committed offset came to something.
import type { Check } from '../finding.ts'
import { isAccepted } from './is-accepted.ts'

export const deliveryChecks: readonly Check[] = [
  {
    kind: 'lost',
    sql: `
      select u.function, u.topic, u.partition, u."offset", u.source, u.id, u.student, u.sequence,
        'the group committed past this event, and it was neither applied, dead-lettered, held nor discarded'
        || coalesce('; its place was taken by event ' || (
          select min(h.event_id) from handled_events h
          where h.function = u.function and h.entity = u.student and h.sequence = u.sequence), '') as detail
      from audit_unapplied u where u.verdict = 'lost'
      order by u.function, u.topic, u.partition, u."offset"`
  },
  {
    kind: 'removed-unread',
    sql: `
      select function, topic, partition, 0 as "offset",
        'retention removed offsets up to ' || log_start - 1 || ' before the group read anything' as detail
      from audit_partitions where committed = log_start and log_start > 0 and never_committed
      union all
      select function, topic, partition, committed as "offset",
        'retention removed offsets ' || committed || ' to ' || log_start - 1 || ' before the group read them'
      from audit_partitions where committed < log_start`
  },
  {
    // A row of the outbox can be younger than its record's end: those the group has read are checked all the same.
    kind: 'lost',
    sql: `
      select p.function, o.topic, o.source, o.id::text as id, o.subject as student, o.sequence::int as sequence,
        'Kafka no longer has this event, and it was neither applied, dead-lettered, held nor discarded; its outbox row is still there' as detail
      from outbox o
      join audit_horizons p on p.topic = o.topic and o.created_at < p.before
      where not exists (select from audit_records r where r.topic = o.topic and r.source = o.source and r.id = o.id::text)
        and not exists (
          select from handled_events h where h.function = p.function and h.source = o.source and h.event_id = o.id::text)
        and not exists (
          select from dead_letters l where l.function = p.function and l.source = o.source and l.event_id = o.id::text)
        and not exists (
          select from held_events w where w.function = p.function and w.source = o.source and w.event_id = o.id::text)
      order by o.id`
  },
  {
    kind: 'beyond-the-log',
    sql: `
      select function, topic, partition, committed as "offset",
        'the group committed ' || committed || ', but the log ends at ' || log_end
        || ': records were lost, or the topic was recreated' as detail
      from audit_partitions where committed > log_end`
  },
  {
    kind: 'letter-unread',
    sql: `
      select a.function, a.topic, a.partition, a."offset", a.source, a.id, a.student, a.sequence,
        'this dead letter is in a topic that nothing reads' as detail
      from audit_letters a
      where not a.read and a.topic in (select topic from audit_unread_topics)
        and not exists (
          select from dead_letters l where l.function = a.function and l.source = a.source and l.event_id = a.id)
      order by a.topic, a.partition, a."offset"`
  },
  {
    kind: 'held-for-nothing',
    sql: `
      with firsts as (
        select distinct on (w.function, w.entity) w.function, w.entity, w.sequence as first,
          pg_temp.predecessor(w.attributes->>'predecessors', w.sequence, s.accepts, s.start_sequence) as predecessor,
          coalesce(f.sequence, 0) as fence, s.start_sequence, max(w.held_at) over (partition by w.function, w.entity) as held_at
        from held_events w
        join audit_functions s on s.function = w.function and s.function in (select function from audit_partitions)
        left join fences f on f.function = w.function and f.entity = w.entity
        order by w.function, w.entity, w.sequence
      ), waiting as (
        -- The first of those that the function still has to do; the event itself where it has done all of them.
        select firsts.*, coalesce((
          select min(missing) from generate_series(greatest(fence, start_sequence) + 1, predecessor) as missing
          where ${isAccepted('firsts.function', 'firsts.entity', 'missing')}), first) as next
        from firsts
      )
      select function, entity as student, next as sequence,
        case when predecessor <= fence then 'held past its turn: nobody continues with it'
          else 'events from sequence ' || first || ' on are held for sequence ' || next || ', which is nowhere'
        end as detail
      from waiting, audit_run
      where held_at < started_at - grace
        -- What came before has only just been done: the replayer is on its way.
        and not exists (
          select from handled_events h
          where h.function = waiting.function and h.entity = waiting.entity and h.sequence = fence
            and h.handled_at >= started_at - grace)
        and not exists (
          select from dead_letters l
          where l.function = waiting.function and l.entity = waiting.entity
            and (l.sequence = next and l.state in ('open', 'replaying') or l.closed_at >= started_at - grace))
        and not exists (
          select from audit_records r join audit_partitions p
            on p.topic = r.topic and p.partition = r.partition and p.function = waiting.function
          where r.student = waiting.entity and r.sequence = next and r."offset" >= p.committed)
        and not exists (
          select from audit_unapplied u
          where u.function = waiting.function and u.student = waiting.entity and u.sequence = next
            and u.verdict in ('lost', 'letter'))
        and not exists (
          select from outbox o where o.subject = waiting.entity and o.sequence = lpad(next::text, 10, '0')
            and o.created_at >= started_at - grace)
      order by function, entity`
  },
  {
    kind: 'bytes-changed',
    sql: `
      select l.function, r.topic, r.partition, r."offset", l.source, l.event_id as id, r.student, r.sequence,
        'the dead letter has other bytes than the record' as detail
      from dead_letters l
      join audit_records r
        on r.source = l.source and r.id = l.event_id
        and r.student is not distinct from l.entity and r.sequence is not distinct from l.sequence
      where sha256(l.data) <> r.value_digest
      union all
      select w.function, r.topic, r.partition, r."offset", w.source, w.event_id, r.student, r.sequence,
        'the held event has other bytes than the record'
      from held_events w
      join audit_records r
        on r.source = w.source and r.id = w.event_id and r.student = w.entity and r.sequence = w.sequence
      where sha256(w.data) <> r.value_digest`
  }
]
