import { eq } from 'drizzle-orm'
import type { Awaited } from '../runtime/errors.ts'
import { users } from './tables.ts'

/** A user as what an event may wait for: onStudentCreate misses one, and deadLetterReplay sees one appear. */
export function userWithId(id: string): Awaited {
  return {
    key: `user:${id}`,
    isThere: async tx => (await tx.$count(users, eq(users.id, id))) > 0
  }
}
