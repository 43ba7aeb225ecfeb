// The database roles that CloudNativePG makes in production, for tests.
import type { Client } from 'pg'
import { functionNames } from '../bundle.ts'

/** createStudent: create_student */
export function roleOf(functionName: string): string {
  return functionName.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** They belong to the whole server: made once, and kept when another test has made them. Every password is `test`. */
export async function createRoles(client: Pick<Client, 'query'>): Promise<void> {
  for (const role of [...(await functionNames()).map(roleOf), 'debezium']) {
    await client.query(
      `do $$ begin create role ${role} login password 'test'; exception when duplicate_object then null; end $$`
    )
  }
}
