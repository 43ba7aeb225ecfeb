// Three users to try things with. For development only: users belong to another team.
import { drizzle } from 'drizzle-orm/node-postgres'
import { Client } from 'pg'
import { users } from '../../functions/students/tables.ts'

export async function seedUsers(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await drizzle({ client })
      .insert(users)
      .values([
        { id: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' },
        { id: 'user-2', name: 'Alan Turing', email: 'alan@example.com' },
        { id: 'user-3', name: 'Grace Hopper', email: 'grace@example.com' }
      ])
      .onConflictDoNothing()
  } finally {
    await client.end()
  }
}
