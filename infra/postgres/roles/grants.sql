-- What each function may do, and no more. CloudNativePG makes the roles themselves (kustomization.yaml).
-- Run as the tables' owner after the migrations, by grants-job.yaml; safe to run again.
-- infra/policy/grants.test.ts runs the functions under these roles.
begin;

revoke all on all tables in schema public from public;

grant select, insert                 on students         to create_student;
grant select, update                 on students         to update_student;
grant insert                         on outbox           to create_student, update_student;
grant select                         on event_schemas    to create_student, update_student;
grant select, insert, update         on command_answers  to create_student, update_student;
grant select                         on directory        to create_student; -- its GET shows what became of a student
grant select                         on timeline         to create_student;

grant select, insert, update         on fences           to on_student_create, on_student_update, on_any_student;
grant select, insert, delete         on held_events      to on_student_create, on_student_update, on_any_student;
grant select, insert                 on handled_events   to on_student_create, on_student_update, on_any_student;
grant select, insert, update         on dead_letters     to on_student_create, on_student_update, on_any_student;
grant select                         on users            to on_student_create, on_student_update, on_any_student;
grant select, insert, update         on directory        to on_student_create, on_student_update;
grant insert                         on timeline         to on_any_student;

grant select, insert, update         on dead_letters     to dead_letter_replay;
grant select, insert, update         on fences           to dead_letter_replay; -- a discarded letter moves its fence
grant select, insert, update, delete on replay_jobs      to dead_letter_replay;
grant select, insert, update         on replay_items     to dead_letter_replay;
grant select                         on handled_events   to dead_letter_replay;
grant select, insert, update         on command_answers  to dead_letter_replay;
grant select, delete                 on held_events      to dead_letter_replay; -- one that a fence has passed

grant select                         on outbox, users    to debezium; -- for a snapshot after a lost slot
grant select, insert, delete         on debezium_heartbeat to debezium;

grant select on outbox, held_events, dead_letters to pg_monitor; -- the metrics of infra/monitoring

-- Of the tables that functions share, each sees and writes the rows with its own name: a function that was broken into moves no
-- other's fence and reads no other's letters. The owner (migrations, prune, audit) sees all rows; a role without a line here sees
-- none. A policy that is there already is left alone, because a change of it locks the table.
create procedure pg_temp.allow_rows(of_role name, condition text, variadic tables name[]) language plpgsql as $$
declare
  shared name;
begin
  foreach shared in array tables loop
    if not (select relrowsecurity from pg_class where oid = format('public.%I', shared)::regclass) then
      execute format('alter table public.%I enable row level security', shared);
    end if;
    if not exists (select from pg_policies where schemaname = 'public' and tablename = shared and policyname = of_role) then
      execute format('create policy %I on public.%I to %I using (%s)', of_role, shared, of_role, condition);
    end if;
  end loop;
end
$$;

call pg_temp.allow_rows('create_student',     $$function = 'createStudent'$$,    'command_answers');
call pg_temp.allow_rows('update_student',     $$function = 'updateStudent'$$,    'command_answers');
call pg_temp.allow_rows('on_student_create',  $$function = 'onStudentCreate'$$,  'fences', 'held_events', 'handled_events', 'dead_letters');
call pg_temp.allow_rows('on_student_update',  $$function = 'onStudentUpdate'$$,  'fences', 'held_events', 'handled_events', 'dead_letters');
call pg_temp.allow_rows('on_any_student',     $$function = 'onAnyStudent'$$,     'fences', 'held_events', 'handled_events', 'dead_letters');
call pg_temp.allow_rows('dead_letter_replay', $$function = 'deadLetterReplay'$$, 'command_answers');
call pg_temp.allow_rows('dead_letter_replay', 'true',                            'fences', 'held_events', 'handled_events', 'dead_letters');
call pg_temp.allow_rows('pg_monitor',         'true',                            'held_events', 'dead_letters'); -- the metrics count them

drop procedure pg_temp.allow_rows;

-- Debezium would make these itself, but only as the owner of the tables.
do $$
begin
  if not exists (select from pg_publication where pubname = 'outbox') then
    create publication outbox for table outbox, debezium_heartbeat with (publish = 'insert');
  end if;
  if not exists (select from pg_publication where pubname = 'users') then
    create publication users for table users, debezium_heartbeat;
  end if;
end
$$;

commit;
