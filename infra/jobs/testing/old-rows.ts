// Rows that are some days old.
import { sql } from 'drizzle-orm'
import type { Database } from '../../../functions/runtime/host/database.ts'

/** `age` is in days. */
export async function addOutboxRow(db: Database, subject: string, age: number): Promise<void> {
  await db.execute(sql`
    insert into outbox (id, topic, key, type, source, subject, time, content_type, dataschema, sequence, partitionkey, traceparent, payload, created_at)
    values (gen_random_uuid(), 't', 'k', 't', 's', ${subject}, 't', 'c', 'd', '1', 'k', 'p', '', now() - make_interval(days => ${age}))`)
}

/** The first of its student. */
export async function addHandledEvent(db: Database, entity: string, age: number): Promise<void> {
  await db.execute(sql`
    insert into handled_events (function, source, event_id, entity, sequence, handled_at)
    values ('f', 's', ${entity}, ${entity}, 1, now() - make_interval(days => ${age}))`)
}

/** About the second event of its student, resolved. */
export async function addClosedLetter(db: Database, entity: string, age: number): Promise<void> {
  await db.execute(sql`
    insert into dead_letters (id, function, source, event_id, entity, sequence, class, reason, detail, state, attributes, data, closed_at)
    values (gen_random_uuid(), 'f', 's', ${entity}, ${entity}, 2, 'permanent', 'r', 'd', 'resolved', '{}', '', now() - make_interval(days => ${age}))`)
}
