// One pool per function process, with a bound on every wait.
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool, type PoolClient } from 'pg'
import type { DatabaseConfig } from './config.ts'
import type { Log } from './log.ts'
import { shareSyncs } from './shared-sync.ts'
import { areSpansMade } from './tracing/spans.ts'
import { traceStatements } from './tracing/statement-spans.ts'

export type Database = NodePgDatabase & { readonly $client: Pool }
/** One connection inside a transaction; `$client` takes named statements where every microsecond counts. */
export type Transaction = NodePgDatabase & { readonly $client: PoolClient }

export interface Connection {
  readonly db: Database
  readonly pool: Pool
  close(): Promise<void>
}

/** Connects lazily: a function starts, and answers its liveness, while the database is away. */
export function connect(
  config: DatabaseConfig,
  applicationName: string,
  onBrokenConnection: (error: Error) => void
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
    keepAlive: true,
    pipeline: true // a statement need not wait for the answer to the one before it: see transaction.ts
  })
  pool.on('error', onBrokenConnection)
  // The pool listens only while a connection is idle; one that breaks in use fails its query, and must not end the process.
  pool.on('connect', client => {
    client.on('error', onBrokenConnection)
    shareSyncs(client)
    if (areSpansMade()) traceStatements(client)
  })
  return { db: drizzle({ client: pool }), pool, close: () => pool.end() }
}

/**
 * A function's own connection: logs what breaks, and says whether the database answers. The first one of the pool is opened at once,
 * so that PostgreSQL is at it while the function is still starting.
 */
export function connectTo(
  config: DatabaseConfig,
  name: string,
  log: Log
): Connection & { /** @throws while it does not */ answers(): Promise<void> } {
  const connection = connect(config, name, ({ message }) =>
    log.warn({ reason: message }, 'a database connection broke')
  )
  connection.pool.connect().then(
    client => client.release(),
    () => undefined // whoever needs it finds out
  )
  return { ...connection, answers: async () => void (await connection.pool.query('select 1')) }
}
