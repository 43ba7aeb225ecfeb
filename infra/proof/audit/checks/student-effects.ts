// What the students' functions write is what they handled: the timeline has a row for each event, the directory follows them.
import type { Check } from '../finding.ts'
import { horizon, notLost } from './effects.ts'

export const studentEffectChecks: readonly Check[] = [
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
