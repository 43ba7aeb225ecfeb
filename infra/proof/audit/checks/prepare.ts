// What the checks share: tables that are made once, after the log has been read, in the snapshot in which all checks run.

export const prepare = [
  'analyze audit_records',
  'analyze audit_letters',

  // Written before this, a record may have been removed by retention: nothing follows from its absence.
  `create temporary table audit_horizons as
   select function, topic, max(before) as before from (
     select p.function, p.topic,
       case when p.log_start = 0 then '-infinity'
         else coalesce(
           (select r.written_at from audit_records r
            where r.topic = p.topic and r.partition = p.partition order by r."offset" limit 1),
           (select started_at from audit_run)) end as before
     from audit_partitions p
   ) partitions group by function, topic`,

  // The same event again: Debezium delivers at least once, and publishes what is left in the outbox after a lost slot.
  `create temporary table audit_repeated as
   select topic, partition, "offset" from (
     select topic, partition, "offset",
       row_number() over (
         partition by topic, source, id, student, sequence order by written_at, partition, "offset") as occurrence
     from audit_records where id is not null
   ) numbered where occurrence > 1`,

  // Events behind the committed offset without an effect: what became of them instead.
  `create temporary table audit_unapplied as
   with unhandled as materialized (
     select p.function, r.topic, r.partition, r."offset", r.student, r.sequence,
       -- The names that Knative gives a record that is no event.
       coalesce(r.source, p.plain_source || '#' || r.topic) as source,
       coalesce(r.id, 'partition:' || r.partition || '/offset:' || r."offset") as id
     from audit_partitions p
     join audit_records r on r.topic = p.topic and r.partition = p.partition and r."offset" < p.committed
     left join handled_events h
       on h.function = p.function and h.source = r.source and h.event_id = r.id
       -- An id that was used twice is another event; a function without order knows ids only.
       and (h.sequence is null or h.entity = r.student and h.sequence = r.sequence)
     where h.event_id is null
   )
   select u.*,
     case
       when l.state in ('open', 'replaying') then 'letter'
       when l.state = 'discarded' then 'discarded'
       when w.event_id is not null then 'held'
       when exists (
         select from audit_letters a
         where a.function = u.function and a.source = u.source and a.id = u.id and not a.read) then 'letter'
       else 'lost'
     end as verdict
   from unhandled u
   left join dead_letters l on l.function = u.function and l.source = u.source and l.event_id = u.id
   left join held_events w
     on w.function = u.function and w.entity = u.student and w.sequence = u.sequence
     and w.source = u.source and w.event_id = u.id`,

  // Steps of a student's sequence that are not the next one, or not later. One pass over handled_events finds them all, and
  // then asks for the predecessors of those few that skip a sequence.
  `create temporary table audit_steps as
   select * from (
     select h.function, h.entity, h.sequence, h.source, h.event_id, h.handled_at,
       lag(h.sequence) over student as before, lag(h.handled_at) over student as before_at,
       f.start_sequence, f.accepts
     from handled_events h
     join audit_functions f on f.function = h.function and f.function in (select function from audit_partitions)
     window student as (partition by h.function, h.entity order by h.sequence, h.handled_at)
   ) steps
   where handled_at < before_at or sequence <> coalesce(before, start_sequence) + 1`,
  `alter table audit_steps add predecessor int`,
  `update audit_steps s set predecessor = pg_temp.predecessor(coalesce(
       (select min(r.predecessors) from audit_records r where r.source = s.source and r.id = s.event_id),
       (select o.predecessors from outbox o where o.source = s.source and o.id::text = s.event_id)
     ), s.sequence, s.accepts, s.start_sequence)`,

  // What a student's sequences are, where it is known: a function does not miss those of a type that it does not accept.
  `create temporary view audit_types as
   select student, sequence, type from audit_records where student is not null and type is not null
   union select subject, sequence::int, type from outbox where sequence ~ '^\\d{1,9}$|^0\\d{9}$'`,

  'analyze audit_unapplied'
]

/** The table of the report, a row for each function and topic-partition. */
export const coverage = `
  with records as (
    select p.function, p.topic, p.partition,
      count(*) filter (where r."offset" < p.committed)::int as done,
      count(*) filter (where r."offset" >= p.committed)::int as pending
    from audit_partitions p join audit_records r on r.topic = p.topic and r.partition = p.partition
    group by 1, 2, 3
  ), repeated as (
    select p.function, p.topic, p.partition, count(*)::int as duplicates
    from audit_partitions p
    join audit_repeated r on r.topic = p.topic and r.partition = p.partition and r."offset" < p.committed
    group by 1, 2, 3
  ), unapplied as (
    select function, topic, partition,
      count(*) filter (where verdict = 'letter')::int as letters,
      count(*) filter (where verdict = 'held')::int as held,
      count(*) filter (where verdict = 'discarded')::int as discarded,
      count(*) filter (where verdict = 'lost')::int as lost,
      count(*)::int as total
    from audit_unapplied group by 1, 2, 3
  )
  select function, topic, partition, log_start as from, committed as to,
    coalesce(done, 0) - coalesce(total, 0) as applied,
    coalesce(letters, 0) as letters, coalesce(held, 0) as held, coalesce(discarded, 0) as discarded,
    coalesce(pending, 0) as pending, coalesce(lost, 0) as lost, coalesce(duplicates, 0) as duplicates
  from audit_partitions
  left join records using (function, topic, partition)
  left join repeated using (function, topic, partition)
  left join unapplied using (function, topic, partition)
  order by function, topic, partition`
