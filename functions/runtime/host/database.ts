// One pool per function process, with a bound on every wait.
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool, type PoolClient } from 'pg'
import type { DatabaseConfig } from './config.ts'
import { GatheringSocket } from './gathering-socket.ts'
import type { Log } from './log.ts'
import { areSpansMade, inSpan } from './tracing/spans.ts'
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
    stream: () => new GatheringSocket(),
    pipeline: true // a statement need not wait for the answer to the one before it: see inTransaction
  })
  pool.on('error', onBrokenConnection)
  // The pool listens only while a connection is idle; one that breaks in use fails its query, and must not end the process.
  pool.on('connect', client => {
    client.on('error', onBrokenConnection)
    if (areSpansMade()) traceStatements(client)
  })
  return { db: drizzle({ client: pool }), pool, close: () => pool.end() }
}

/** A function's own connection: logs what breaks, and says whether the database answers. */
export function connectTo(
  config: DatabaseConfig,
  name: string,
  log: Log
): Connection & { /** @throws while it does not */ answers(): Promise<void> } {
  const connection = connect(config, name, ({ message }) =>
    log.warn({ reason: message }, 'a database connection broke')
  )
  return { ...connection, answers: async () => void (await connection.pool.query('select 1')) }
}

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

const drizzleOf = new WeakMap<PoolClient, Transaction>()
/** Statements of a connection's transaction that were sent and whose answers nobody has waited for. */
const sentOn = new WeakMap<PoolClient, Promise<unknown>[]>()

/**
 * Sends a statement whose rows nobody needs, without waiting: the commit goes out right behind it, and the transaction
 * fails if the statement does. It saves a round trip.
 *
 * @param statement a query of drizzle's counts too, which must not have been awaited
 */
export function sendWithin({ $client: client }: Transaction, statement: Statement | PromiseLike<unknown>): void {
  const sent =
    'then' in statement
      ? statement.then(() => undefined) // drizzle sends a query when somebody asks for its result
      : client.query({ ...statement, values: [...statement.values] })
  const failed = Promise.resolve(sent)
  failed.catch(() => undefined) // thrown by whoever waits: allSent, inTransaction
  const sentBefore = sentOn.get(client)
  if (sentBefore) sentBefore.push(failed)
  else sentOn.set(client, [failed])
}

/** Waits for what was sent so far. @throws what the first of them failed with */
export async function allSent({ $client: client }: Transaction): Promise<void> {
  await Promise.all(sentOn.get(client) ?? [])
}

/**
 * Runs `work` in a transaction: committed when it returns, rolled back when it throws. Half the cost of drizzle's own,
 * because `begin` goes out together with the first statement, `commit` with the last one that nobody waited for, and each
 * connection keeps its drizzle.
 *
 * @throws also when `work` returns although a statement of it failed, which has rolled everything back
 */
export function inTransaction<Result>(db: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return inSpan('transaction', {}, () => transact(db, work))
}

async function transact<Result>(db: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const client = await db.$client.connect()
  const tx = drizzleOf.get(client) ?? openDrizzle(client)
  drizzleOf.set(client, tx)
  let broken: Error | undefined
  try {
    client.query('begin').catch(() => undefined) // only a broken connection fails it, which then fails the next statement
    const result = await work(tx)
    const [{ command }] = await Promise.all([client.query('commit'), allSent(tx)])
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back: a statement in it had failed')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    await allSent(tx) // where one of them failed first, the others only say that the transaction is aborted
    throw error
  } finally {
    sentOn.delete(client)
    client.release(broken) // a connection that cannot roll back is closed, which rolls back too
  }
}

/** Each statement with parameters gets a name, so that a connection has PostgreSQL parse it once. */
function openDrizzle(client: PoolClient): Transaction {
  const query = (config: { readonly text: string }, values: unknown[]) =>
    client.query(values.length > 0 ? { ...config, name: nameOf(config.text) } : config, values)
  return Object.assign(drizzle({ client: { query } as unknown as PoolClient }), { $client: client })
}

/** A connection keeps each of them; statements that are put together by a request must not fill its memory. */
const maxNamed = 100
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= maxNamed) return known
  const name = `statement_${names.size + 1}`
  names.set(text, name)
  return name
}
