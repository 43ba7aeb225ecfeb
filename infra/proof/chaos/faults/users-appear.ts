// The users that students were sent with and that did not exist: all of them come now.
import { Client } from 'pg'
import type { Load } from '../load.ts'

export async function usersAppear(databaseUrl: string, { missingUsers }: Pick<Load, 'missingUsers'>): Promise<string> {
  const ids = [...missingUsers]
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(
      `insert into users (id, name, email) select id, 'Late', 'late@example.com' from unnest($1::text[]) as id on conflict do nothing`,
      [ids]
    )
  } finally {
    await client.end()
  }
  for (const id of ids) missingUsers.delete(id)
  return `${ids.length} users appeared`
}
