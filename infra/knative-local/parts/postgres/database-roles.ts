// The roles of PostgreSQL, each with a password of its own that is random and stays in the state folder.
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { z } from 'zod'
import type { Database, DatabaseRole } from './database-cluster.ts'

const Passwords = z.record(z.string(), z.string())
export type Passwords = z.infer<typeof Passwords>

/** Reads the file and adds a password for every name that has none. */
export async function passwordsFor(file: string, names: readonly string[]): Promise<Passwords> {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  const known = Passwords.parse(JSON.parse(text))
  const missing = names.filter(name => known[name] === undefined)
  if (missing.length === 0) return known
  const passwords = {
    ...known,
    ...Object.fromEntries(missing.map(name => [name, randomBytes(18).toString('base64url')]))
  }
  await writeFile(`${file}.new`, JSON.stringify(passwords), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return passwords
}

export interface DatabaseObjects {
  readonly roles: readonly DatabaseRole[]
  readonly databases: readonly Database[]
  readonly passwords: Passwords
}

/** Makes roles and databases as wanted, as a superuser; safe to run again. */
export async function applyDatabaseObjects(
  url: string,
  { roles, databases, passwords }: DatabaseObjects
): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    // The statements below hold passwords: neither a slow one nor a failed one is logged.
    await client.query('set log_min_duration_statement = -1; set log_min_error_statement = panic')
    const existing = await namesIn(client, 'select rolname as name from pg_roles')
    for (const role of roles) {
      const name = client.escapeIdentifier(role.name)
      if (!existing.has(role.name)) await client.query(`create role ${name}`)
      const password = client.escapeLiteral(passwords[role.name] ?? '')
      await client.query(`alter role ${name} with ${attributes(role)} password ${password}`)
      for (const group of role.inRoles) await client.query(`grant ${client.escapeIdentifier(group)} to ${name}`)
    }
    const made = await namesIn(client, 'select datname as name from pg_database')
    for (const { name, owner } of databases.filter(database => !made.has(database.name))) {
      await client.query(`create database ${client.escapeIdentifier(name)} owner ${client.escapeIdentifier(owner)}`)
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

function attributes(role: DatabaseRole): string {
  return (['login', 'replication', 'superuser', 'createdb', 'createrole'] as const)
    .map(attribute => `${role[attribute] ? '' : 'no'}${attribute}`)
    .join(' ')
}

async function namesIn(client: pg.Client, query: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(query)
  return new Set(rows.map(({ name }) => name))
}
