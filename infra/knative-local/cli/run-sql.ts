// `sql`: one statement on the stack's PostgreSQL, for a machine without psql.
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { exitStatus, print } from './command-line.ts'
import { table } from './table.ts'

const connectTimeoutMs = 5_000
const statementTimeoutMs = 60_000

export async function runSql(
  url: string,
  given: string,
  { database, json }: { readonly database?: string; readonly json?: boolean }
): Promise<number> {
  const statement = given === '-' ? await text(process.stdin) : given
  const connection = new URL(url)
  if (database !== undefined) connection.pathname = `/${encodeURIComponent(database)}`
  const client = new pg.Client({
    connectionString: connection.href,
    application_name: 'knative-local sql',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs
  })
  client.on('error', () => undefined) // the query under way says it
  await client.connect()
  try {
    const results = [await client.query<Record<string, unknown>>(statement)].flat() // several statements have several
    for (const result of results) print(json ? JSON.stringify(result.rows, null, 2) : describe(result))
    return exitStatus.done
  } finally {
    await client.end()
  }
}

function describe({ fields = [], rows, command, rowCount }: pg.QueryResult<Record<string, unknown>>): string {
  const names = fields.map(({ name }) => name)
  const cells = rows.map(row => names.map(name => cell(row[name])))
  const count = `${command ?? 'done'}${rowCount === null ? '' : ` ${rowCount}`}`
  return [...(names.length > 0 ? table(names, cells) : []), count].join('\n')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
