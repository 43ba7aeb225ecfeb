// Every event behind a Trigger's committed offset, from the Broker's 202 on, came to an answer or to a letter.
import type { Check } from '../finding.ts'

/** The key of an answer: functions/runtime/events/answer-once.ts. */
const answerKey = String.raw`'event:' || replace(replace(c.source, '\', '\\'), ' ', '\s') || ' ' || c.id`

export const prepareCommands = [
  'analyze audit_commands',
  `create temporary table audit_command_verdicts as
   select t.function, c.*,
     case
       when c."offset" >= t.committed then 'pending'
       when answer.key is not null or handled.event_id is not null then 'answered'
       when letter.state in ('open', 'replaying') then 'letter'
       when letter.state = 'discarded' then 'discarded'
       when letter.state = 'resolved' then 'resolved' -- replayed to a function that keeps no answers
       when exists (
         select from audit_letters a
         where a.source = c.sent_source and a.id = c.sent_id and coalesce(a.function, t.function) = t.function
           and not a.read) then 'letter'
       else 'lost'
     end as verdict
   from audit_triggers t
   join audit_commands c on c.trigger = t.trigger and c.topic = t.topic and c.partition = t.partition
   left join command_answers answer on answer.function = t.function and answer.key = ${answerKey}
   left join lateral (
     select event_id from handled_events h
     where h.function = t.function and h.source = c.source and h.event_id = c.id limit 1) handled on true
   left join lateral (
     select state from dead_letters l
     where l.function in (t.function, 'unknown') and l.source = c.source and l.event_id = c.id
     order by l.function = 'unknown' limit 1) letter on true`
]

export const commandChecks: readonly Check[] = [
  {
    kind: 'lost',
    sql: `
      select v.function, v.topic, v.partition, v."offset", v.source, v.id,
        'the Trigger ' || v.trigger || ' committed past this event, and it was neither answered nor dead-lettered' as detail
      from audit_command_verdicts v where v.verdict = 'lost'
      order by v.function, v.topic, v.partition, v."offset"`
  },
  {
    kind: 'removed-unread',
    sql: `
      select function, topic, partition, committed as "offset",
        'retention removed offsets ' || committed || ' to ' || log_start - 1 || ' before the Trigger ' || trigger || ' read them' as detail
      from audit_triggers where committed < log_start
      order by function, topic, partition`
  },
  {
    kind: 'beyond-the-log',
    sql: `
      select function, topic, partition, committed as "offset",
        'the Trigger ' || trigger || ' committed ' || committed || ', but the log ends at ' || log_end
        || ': records were lost, or the topic was recreated' as detail
      from audit_triggers where committed > log_end
      order by function, topic, partition`
  }
]

/** The table of the report, a row for each Trigger and partition of its Broker's topic. */
export const commandCoverage = `
  select t.trigger, t.function, t.topic, t.partition, t.log_start as from, t.committed as to,
    count(*) filter (where v.verdict = 'answered')::int as answered,
    count(*) filter (where v.verdict = 'letter')::int as letters,
    count(*) filter (where v.verdict = 'discarded')::int as discarded,
    count(*) filter (where v.verdict = 'resolved')::int as resolved,
    count(*) filter (where v.verdict = 'pending')::int as pending,
    count(*) filter (where v.verdict = 'lost')::int as lost
  from audit_triggers t
  left join audit_command_verdicts v on v.trigger = t.trigger and v.topic = t.topic and v.partition = t.partition
  group by 1, 2, 3, 4, 5, 6
  order by 1, 3, 4`
