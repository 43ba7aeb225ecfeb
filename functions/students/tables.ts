// The students' tables, as drizzle knows them. `npm run generate:migrations` turns a change here into a migration.
import { sql } from 'drizzle-orm'
import { check, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** Who may have a student. Owned by another team; its changes reach us through Debezium. */
export const users = pgTable(
  'users',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    email: text().notNull(),
    createdAt: at('created_at').notNull().defaultNow()
  },
  // The key of its record, and in it three times: a longer one would stop the connector.
  table => [check('users_id_length', sql`length(${table.id}) <= 1024`)]
)

/** What createStudent and updateStudent have accepted. */
export const students = pgTable('students', {
  id: text().primaryKey(),
  userId: text('user_id').notNull(),
  name: text().notNull(),
  email: text().notNull(),
  version: integer().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow()
})

/** What onStudentCreate, onStudentUpdate and onStudentDelete make of a student's events. */
export const directory = pgTable(
  'directory',
  {
    studentId: text('student_id').primaryKey(),
    /** `pending` until the create has succeeded; of a `deleted` one nothing is left but that it was there. */
    status: text({ enum: ['pending', 'active', 'deleted'] }).notNull(),
    userId: text('user_id'),
    name: text(),
    email: text(),
    version: integer().notNull(),
    updatedAt: at('updated_at').notNull().defaultNow()
  },
  () => [check('directory_status', sql`status in ('pending', 'active', 'deleted')`)]
)

/** What onAnyStudent has seen of a student, in order. */
export const timeline = pgTable(
  'timeline',
  {
    studentId: text('student_id').notNull(),
    sequence: integer().notNull(),
    type: text().notNull(),
    source: text().notNull(),
    eventId: text('event_id').notNull(),
    time: text().notNull(),
    /** Null where the event carries nothing of the person. */
    name: text(),
    email: text()
  },
  table => [primaryKey({ columns: [table.studentId, table.sequence] })]
)
