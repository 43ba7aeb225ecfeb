import { sql } from 'drizzle-orm'

const { placeholder } = sql

/** What a prepared insert into the directory sets, with the student's own values to come. */
export const directoryEntry = <Status extends string>(status: Status) => ({
  studentId: placeholder('id'),
  status,
  userId: placeholder('userId'),
  name: placeholder('name'),
  email: placeholder('email'),
  version: placeholder('version')
})
