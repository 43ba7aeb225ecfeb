// No effect without an event, none twice, none out of order, none missing.
import type { Check } from '../finding.ts'
import { isAccepted } from './is-accepted.ts'

/** Whether an event is reported as lost already: one cause, one finding. */
const notLost = (fn: string, student: string, sequence: string) => `
  not exists (
    select from audit_unapplied lost
    where lost.verdict = 'lost' and lost.function = ${fn} and lost.student = ${student} and lost.sequence = ${sequence})`

const notDiscarded = (fn: string, student: string, sequence: string) => `
  not exists (
    select from dead_letters discarded
    where discarded.state = 'discarded' and discarded.function = ${fn}
      and discarded.entity = ${student} and discarded.sequence = ${sequence})`

/** Of a function: before this nothing follows from what is absent, neither from Kafka nor from rows that were pruned. */
const horizon = (fn: string) => `(select max(before) from audit_horizons where audit_horizons.function = ${fn})`

export const effectChecks: readonly Check[] = [
  {
    kind: 'effect-without-event',
    sql: `
      select h.function, h.source, h.event_id as id, h.entity as student, h.sequence,
        'handled, but no such event is in Kafka or in the outbox' as detail
      from handled_events h
      where h.function in (select function from audit_partitions)
        and h.handled_at between ${horizon('h.function')} and (select started_at from audit_run)
        and not exists (
          select from audit_records r
          where r.source = h.source and r.id = h.event_id and r.student = h.entity and r.sequence = h.sequence)
        and not exists (
          select from outbox o
          where o.source = h.source and o.id::text = h.event_id and o.subject = h.entity
            and o.sequence = lpad(h.sequence::text, 10, '0'))
        -- A letter, or what it held back, may be applied long after Kafka has forgotten it.
        and not exists (
          select from dead_letters l
          where l.function = h.function and l.entity = h.entity and l.sequence <= h.sequence
            and ${horizon('h.function')} > '-infinity')
      order by h.function, h.entity, h.sequence`
  },
  {
    kind: 'effect-twice',
    sql: `
      select function, source, event_id as id, entity as student, sequence,
        'sequence ' || sequence || ' of this student was applied more than once' as detail
      from audit_steps where sequence = before
      order by function, entity, sequence`
  },
  {
    kind: 'out-of-order',
    sql: `
      select function, source, event_id as id, entity as student, sequence,
        'applied at ' || handled_at || ', before sequence ' || before || ' at ' || before_at as detail
      from audit_steps where handled_at < before_at and sequence > before
      order by function, entity, sequence`
  },
  {
    kind: 'applied-ahead',
    sql: `
      select s.function, s.entity as student, missing as sequence,
        'sequence ' || s.sequence || ' was applied, but ' || missing || ' before it was not' as detail
      from audit_steps s
      cross join generate_series(coalesce(s.before, s.start_sequence) + 1, s.predecessor) as missing
      where (s.before is not null or ${horizon('s.function')} = '-infinity')
        and ${isAccepted('s.function', 's.entity', 'missing')}
        and ${notLost('s.function', 's.entity', 'missing')}
        and ${notDiscarded('s.function', 's.entity', 'missing')}
      order by s.function, s.entity, missing`
  },
  {
    kind: 'fence-behind',
    sql: `
      select last.function, last.entity as student, last.sequence,
        'sequence ' || last.sequence || ' was applied, but the fence is at ' || coalesce(f.sequence::text, 'nothing')
        || ': it could be applied again' as detail
      from (select function, entity, max(sequence) as sequence from handled_events group by 1, 2) last
      left join fences f on f.function = last.function and f.entity = last.entity
      where last.function in (select function from audit_partitions) and coalesce(f.sequence, 0) < last.sequence
      order by last.function, last.entity`
  },
  {
    kind: 'fence-ahead',
    sql: `
      select f.function, f.entity as student, missing as sequence,
        'the fence is at ' || f.sequence || ', but sequence ' || missing || ' was neither applied nor discarded' as detail
      from fences f
      join audit_functions p on p.function = f.function and p.function in (select function from audit_partitions)
      left join (select function, entity, max(sequence) as sequence from handled_events group by 1, 2) last
        on last.function = f.function and last.entity = f.entity
      cross join generate_series(coalesce(last.sequence, p.start_sequence) + 1, f.sequence) as missing
      where (last.sequence is not null or ${horizon('f.function')} = '-infinity')
        and ${isAccepted('f.function', 'f.entity', 'missing')}
        and ${notLost('f.function', 'f.entity', 'missing')}
        and ${notDiscarded('f.function', 'f.entity', 'missing')}
      order by f.function, f.entity, missing`
  },
  {
    kind: 'effect-without-event',
    sql: `
      select 'onAnyStudent' as function, t.source, t.event_id as id, t.student_id as student, t.sequence,
        'in the timeline, but not handled' as detail
      from timeline t
      left join handled_events h
        on h.function = 'onAnyStudent' and h.source = t.source and h.event_id = t.event_id
        and h.entity = t.student_id and h.sequence = t.sequence
      where h.event_id is null
        and (not pg_input_is_valid(t.time, 'timestamptz') or t.time::timestamptz >= ${horizon("'onAnyStudent'")})
        and ${notLost("'onAnyStudent'", 't.student_id', 't.sequence')}
      order by t.student_id, t.sequence`
  },
  {
    kind: 'effect-missing',
    sql: `
      select h.function, h.source, h.event_id as id, h.entity as student, h.sequence,
        'handled, but not in the timeline' as detail
      from handled_events h
      left join timeline t on t.student_id = h.entity and t.sequence = h.sequence
      where h.function = 'onAnyStudent' and t.student_id is null
      order by h.entity, h.sequence`
  },
  {
    kind: 'directory-differs',
    sql: `
      with handled as (
        select entity,
          bool_or(function = 'onStudentCreate') as created,
          max(sequence) filter (where function = 'onStudentUpdate') as updated,
          max(sequence) filter (where function = 'onStudentDelete') as deleted
        from handled_events where function in ('onStudentCreate', 'onStudentUpdate', 'onStudentDelete') group by 1
      ), compared as (
        select coalesce(d.student_id, h.entity) as student, d.status, d.version,
          coalesce(h.created, false) and h.deleted is null as created, h.deleted is not null as deleted,
          coalesce(h.deleted, h.updated, case when h.created then 1 end) as expected
        from directory d full join handled h on h.entity = d.student_id
      )
      select case when status = 'active' and not created then 'onStudentCreate' else 'onStudentUpdate' end as function,
        student, coalesce(version, expected) as sequence,
        case
          when deleted and status is not null and status <> 'deleted' then 'its deletion was handled, but it is in the directory'
          when status = 'deleted' and not deleted then 'deleted in the directory, but its deletion was not handled'
          when version is null then 'handled up to sequence ' || expected || ', but not in the directory'
          when status = 'active' and not created then 'active in the directory, but its create was not handled'
          when status = 'pending' and created then 'its create was handled, but it is pending in the directory'
          else 'at version ' || version || ' in the directory, but handled up to ' || coalesce(expected::text, 'nothing')
        end as detail
      from compared
      where (version is distinct from expected or coalesce(status = 'active', false) is distinct from created
          or coalesce(status = 'deleted', false) is distinct from deleted)
        -- Rows that were pruned leave the fence behind.
        and not (${horizon("'onStudentUpdate'")} > '-infinity' and exists (
          select from fences f left join handled_events h using (function, entity, sequence)
          where f.entity = student and f.function in ('onStudentCreate', 'onStudentUpdate', 'onStudentDelete') and h.event_id is null
            and f.sequence > case f.function when 'onStudentUpdate' then 1 else 0 end))
        and ${notLost("'onStudentCreate'", 'student', '1')}
        and ${notLost("'onStudentUpdate'", 'student', 'version')}
      order by student`
  }
]
