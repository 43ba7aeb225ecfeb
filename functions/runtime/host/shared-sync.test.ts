import fc from 'fast-check'
import { sql } from 'drizzle-orm'
import { setImmediate } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { setInTransaction, shareSyncs } from './shared-sync.ts'

interface Statement {
  readonly name?: string
  readonly text: string
  readonly values?: unknown[]
}

const works: Statement = { name: 'works', text: 'select 1 as value' }
const hasNoRows: Statement = { name: 'has_no_rows', text: 'insert into sent values (1)' }
const isEmpty: Statement = { name: 'is_empty', text: '' }
const fails: Statement = { name: 'fails', text: 'select 1 / 0 as value' }
const cannotBePlanned: Statement = { name: 'cannot_be_planned', text: 'select nothing' }
const cannotBeBound: Statement = { text: 'select $1::text', values: [{ toPostgres: () => fail() }] }
const simple: Statement = { text: 'select 2 as value; select 3 as value' }
const simpleThatFails: Statement = { text: 'select 4 as value; select 1 / 0' }
const begin: Statement = { name: 'begin', text: 'begin' }
const commit: Statement = { name: 'commit', text: 'commit' }
const rollback: Statement = { name: 'rollback', text: 'rollback' }

function fail(): never {
  throw new Error('no text')
}

async function open(url: string, isShared: boolean) {
  const client = new Client({ connectionString: url, pipeline: true })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  if (isShared) shareSyncs(client)
  return client
}

async function start() {
  const { db, url } = await testDatabase()
  await db.execute(sql`create table sent (value int)`)
  const [shared, plain] = [await open(url, true), await open(url, false)]
  return { db, shared, plain }
}

/** What each statement comes to: its command and rows, or its error. */
async function outcomesOf(client: Client, statements: readonly Statement[]) {
  const results = await Promise.allSettled(statements.map(one => client.query({ ...one })))
  return results.map(result => {
    if (result.status === 'rejected') return failureOf(result.reason)
    const given = [result.value].flat().map(({ command, rows }) => [command, rows])
    return given[0]?.[0] === 'ROLLBACK' ? aborted : given
  })
}

/** A `commit` too, that was not one; and pg finds that a statement is missing which it had PostgreSQL parse in vain a moment before. */
const aborted = 'aborted'
const failureOf = ({ code, message }: Error & { readonly code?: string }) =>
  code === '25P02' || code === '26000' ? aborted : (code ?? message)

/** A transaction whose turns do not wait for the answers to those before. */
async function transact(client: Client, turns: readonly (readonly Statement[])[]) {
  const outcomes: Promise<unknown>[] = []
  setInTransaction(client, true)
  for (const turn of turns) {
    outcomes.push(outcomesOf(client, turn))
    await setImmediate()
  }
  setInTransaction(client, false)
  outcomes.push(outcomesOf(client, [rollback]))
  return Promise.all(outcomes)
}

test('whatever a transaction sends in its turns comes to what it comes to with a Sync for each', async () => {
  const { shared, plain } = await start()
  const statement = fc.constantFrom(
    works,
    works,
    hasNoRows,
    isEmpty,
    fails,
    cannotBePlanned,
    cannotBeBound,
    simple,
    simpleThatFails
  )
  const turns = fc.array(fc.array(statement, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(turns, fc.boolean(), async ([first = [], ...others], commits) => {
      const sent = [[begin, ...first], ...others, ...(commits ? [[works, commit]] : [])]
      expect(await transact(shared, sent)).toEqual(await transact(plain, sent))
    }),
    { numRuns: 400 }
  )
})

test('PostgreSQL says once a turn that it is ready, and so sends its answers once', async () => {
  const { shared, plain } = await start()
  const countReady = async (client: Client) => {
    const read: Buffer[] = []
    client.connection.stream.on('data', (bytes: Buffer) => read.push(bytes))
    await transact(client, [[begin, works, hasNoRows, works, hasNoRows]])
    return messagesIn(Buffer.concat(read)).filter(type => type === 'Z').length
  }
  expect(await countReady(shared)).toBe(2) // one of them the rollback's
  expect(await countReady(plain)).toBe(6)
})

/** The type of each message: https://www.postgresql.org/docs/18/protocol-message-formats.html */
function messagesIn(bytes: Buffer): string[] {
  const types: string[] = []
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
    types.push(bytes.toString('latin1', at, at + 1))
  return types
}

test('outside of a transaction one that fails does not take along what was sent with it', async () => {
  const { db, shared } = await start()
  expect(await outcomesOf(shared, [hasNoRows, fails, hasNoRows])).toEqual([[['INSERT', []]], '22012', [['INSERT', []]]])
  expect((await db.execute(sql`select value from sent`)).rows).toHaveLength(2)
})

test('a connection that PostgreSQL ends fails all that was sent on it as such', async () => {
  const { shared } = await start()
  const itself = { name: 'itself', text: 'select pg_terminate_backend(pg_backend_pid())' }
  const [[opened, ended, ...others]] = (await transact(shared, [[begin, itself, works, works]])) as [unknown[]]
  expect(opened).toEqual([['BEGIN', []]])
  expect(ended).toBe('57P01')
  const ofConnection = expect.stringMatching(/^(Connection terminated unexpectedly|ECONNRESET|EPIPE)$/)
  expect(others).toEqual([ofConnection, ofConnection])
})
