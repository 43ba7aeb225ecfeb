// One pool per function process, with a bound on every wait.
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import type { FunctionConfig } from './config.ts'

export type Database = NodePgDatabase
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

export interface Connection {
  readonly db: Database
  readonly pool: Pool
  close(): Promise<void>
}

/** Connects lazily: a function starts, and answers its liveness, while the database is away. */
export function connect(
  config: Pick<FunctionConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE' | 'DATABASE_TIMEOUT_MS'>,
  applicationName: string,
  onIdleError: (error: Error) => void
): Connection {
  const pool = new Pool({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
    application_name: applicationName,
    connectionTimeoutMillis: config.DATABASE_TIMEOUT_MS,
    statement_timeout: config.DATABASE_TIMEOUT_MS,
    lock_timeout: config.DATABASE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.DATABASE_TIMEOUT_MS,
    query_timeout: config.DATABASE_TIMEOUT_MS + 1_000,
    keepAlive: true
  })
  pool.on('error', onIdleError) // a connection that breaks while idle would end the process otherwise
  return { db: drizzle({ client: pool }), pool, close: () => pool.end() }
}
