// No effect without an event, none twice, none out of order, none missing: for any function, by what the core keeps of it.
import type { Check } from '../finding.ts'
import { isAccepted } from './is-accepted.ts'

/** Whether an event is reported as lost already: one cause, one finding. */
export const notLost = (fn: string, student: string, sequence: string) => `
  not exists (
    select from audit_unapplied lost
    where lost.verdict = 'lost' and lost.function = ${fn} and lost.student = ${student} and lost.sequence = ${sequence})`

const notDiscarded = (fn: string, student: string, sequence: string) => `
  not exists (
    select from dead_letters discarded
    where discarded.state = 'discarded' and discarded.function = ${fn}
      and discarded.entity = ${student} and discarded.sequence = ${sequence})`

/** Of a function: before this nothing follows from what is absent, neither from Kafka nor from rows that were pruned. */
export const horizon = (fn: string) => `(select max(before) from audit_horizons where audit_horizons.function = ${fn})`

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
  }
]
