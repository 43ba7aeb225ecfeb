// One transaction on one connection. What nobody waits for leaves together with the commit.
import type { PgTable } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { PoolClient } from 'pg'
import type { Database, Transaction } from './database.ts'
import { isAborted } from './database-errors.ts'
import { type Insertion, insertionInto, statementsOf } from './insertion.ts'
import { setInTransaction } from './shared-sync.ts'
import { inSpan } from './tracing/spans.ts'

export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** Of a connection. */
interface UnderWay {
  readonly tx: Transaction
  /** The answers that nobody has waited for. */
  readonly sent: Promise<unknown>[]
  /** An answer of them may end the transaction. */
  isChecked: boolean
  /** Not sent yet: rows that later statements of the transaction may ask for, and rows that they do not. */
  readonly seen: Map<Insertion, unknown[][]>
  readonly unseen: Map<Insertion, unknown[][]>
}

export const begin = { name: 'begin', text: 'begin' }
const commit = { name: 'commit', text: 'commit' }
const rollback = { name: 'rollback', text: 'rollback' }

const connections = new WeakMap<PoolClient, UnderWay>()

/**
 * Sends a statement without waiting for it: the commit goes out right behind it, and the transaction fails if the statement
 * does. It saves a round trip.
 *
 * @param statement a query of drizzle's counts too, which must not have been awaited
 * @param check is given the answer before the transaction is committed, and may throw
 */
export function sendWithin<Answer>(
  { $client: client }: Transaction,
  statement: Statement | PromiseLike<Answer>,
  check?: (answer: Answer) => void
): void {
  const underWay = underWayOn(client)
  let sent: Promise<unknown>
  if ('then' in statement) sent = Promise.resolve(statement.then(check ?? (() => undefined))) // drizzle sends a query when its result is asked for
  else {
    sendRows(client, underWay.seen)
    sent = client.query({ ...statement, values: [...statement.values] })
  }
  if (check) underWay.isChecked = true
  keep(underWay, sent)
}

/**
 * Inserts a row that has no answer to give, at the latest with the commit, and together with others of its table.
 * Statements that follow find it.
 */
export function insertWithin<Table extends PgTable>(
  { $client: client }: Transaction,
  table: Table,
  row: Table['$inferInsert']
): void {
  const { insertion, values } = insertionInto(table, row)
  addRow(underWayOn(client).seen, insertion, values)
}

/** The same for a row that no statement of the transaction asks for: it is sent with the commit. */
export function insertAtCommit({ $client: client }: Transaction, insertion: Insertion, values: unknown[]): void {
  addRow(underWayOn(client).unseen, insertion, values)
}

/** Sends what is left and waits for all that was sent. @throws what the first of them failed with */
export async function allSent({ $client: client }: Transaction): Promise<void> {
  const underWay = underWayOn(client)
  sendRows(client, underWay.seen)
  sendRows(client, underWay.unseen)
  await Promise.all(underWay.sent)
}

/**
 * Runs `work` in a transaction: committed when it returns, rolled back when it throws. Half the cost of drizzle's own,
 * because `begin` goes out together with the first statement, `commit` with the last one that nobody waited for, and each
 * connection keeps its drizzle.
 *
 * @throws also when `work` returns although a statement of it failed, which has rolled everything back
 */
export function inTransaction<Result>(db: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return inSpan('transaction', {}, () => transact(db, [begin], work))
}

/** The same without a span. @param opening leaves together with the first statement */
export async function transact<Result>(
  db: Database,
  opening: readonly Omit<Statement, 'values'>[],
  work: (tx: Transaction) => Promise<Result>
): Promise<Result> {
  const client = await db.$client.connect()
  const underWay = underWayOn(client)
  const { tx, sent, seen, unseen } = underWay
  let broken: Error | undefined
  try {
    setInTransaction(client, true)
    for (const one of opening) keep(underWay, client.query(one))
    const result = await work(tx)
    if (underWay.isChecked) await Promise.all(sent)
    sendRows(client, seen)
    sendRows(client, unseen)
    const [{ command }] = await Promise.all([client.query(commit), Promise.all(sent)])
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back: a statement in it had failed')
    return result
  } catch (error) {
    setInTransaction(client, false) // PostgreSQL would pass over a rollback that shares a Sync with what has failed
    await client.query(rollback).catch((failure: Error) => (broken = failure))
    throw await causeOf(sent, error)
  } finally {
    setInTransaction(client, false)
    sent.length = 0
    underWay.isChecked = false
    seen.clear()
    unseen.clear()
    client.release(broken) // a connection that cannot roll back is closed, which rolls back too
  }
}

/** What failed first: what was sent behind it only says that the transaction is aborted. */
async function causeOf(sent: readonly Promise<unknown>[], thrown: unknown): Promise<unknown> {
  for (const answer of await Promise.allSettled(sent)) {
    if (answer.status === 'rejected' && !isAborted(answer.reason)) return answer.reason
  }
  return thrown
}

function underWayOn(client: PoolClient): UnderWay {
  const known = connections.get(client)
  if (known) return known
  const underWay = { tx: openDrizzle(client), sent: [], isChecked: false, seen: new Map(), unseen: new Map() }
  connections.set(client, underWay)
  return underWay
}

/** Each statement with parameters gets a name, so that a connection has PostgreSQL parse it once. */
function openDrizzle(client: PoolClient): Transaction {
  const query = (config: { readonly text: string }, values: unknown[]) => {
    const seen = connections.get(client)?.seen
    if (seen) sendRows(client, seen)
    return client.query(values.length > 0 ? { ...config, name: nameOf(config.text) } : config, values)
  }
  return Object.assign(drizzle({ client: { query } as unknown as PoolClient }), { $client: client })
}

function addRow(rows: Map<Insertion, unknown[][]>, insertion: Insertion, values: unknown[]): void {
  const others = rows.get(insertion)
  if (others) others.push(values)
  else rows.set(insertion, [values])
}

function sendRows(client: PoolClient, rows: Map<Insertion, unknown[][]>): void {
  if (rows.size === 0) return
  for (const [insertion, ofIt] of rows) {
    for (const statement of statementsOf(insertion, ofIt)) keep(underWayOn(client), client.query(statement))
  }
  rows.clear()
}

/** Its failure is thrown by whoever waits: allSent, or the end of the transaction. */
function keep({ sent }: UnderWay, answer: Promise<unknown>): void {
  answer.catch(() => undefined)
  sent.push(answer)
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
