import fc from 'fast-check'
import { sql } from 'drizzle-orm'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { setInTransaction, shareSyncs } from './shared-sync.ts'

interface Statement {
  readonly name?: string
  readonly text: string
}

const works: Statement = { name: 'works', text: 'select 1 as value' }
const hasNoRows: Statement = { name: 'has_no_rows', text: 'insert into sent values (1)' }
const fails: Statement = { name: 'fails', text: 'select 1 / 0 as value' }
const cannotBePlanned: Statement = { name: 'cannot_be_planned', text: 'select nothing' }
const simple: Statement = { text: 'select 2 as value; select 3 as value' }
const simpleThatFails: Statement = { text: 'select 4 as value; select 1 / 0' }
const begin: Statement = { name: 'begin', text: 'begin' }
const rollback: Statement = { name: 'rollback', text: 'rollback' }

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

/** What each statement came to: its command and rows, or its error. */
async function outcomesOf(client: Client, statements: readonly Statement[]) {
  const results = await Promise.allSettled(statements.map(one => client.query({ ...one })))
  return results.map(result => {
    if (result.status === 'rejected') return codeOf(result.reason)
    return [result.value].flat().map(({ command, rows }) => [command, rows])
  })
}

/** In an aborted transaction pg finds that a statement is missing which it had PostgreSQL parse in vain a moment before. */
const codeOf = ({ code }: { readonly code?: string }) => (code === '26000' ? '25P02' : code)

/** A transaction of several turns of the event loop. */
async function transact(client: Client, turns: readonly (readonly Statement[])[]) {
  const outcomes: unknown[] = []
  setInTransaction(client, true)
  for (const turn of [[begin], ...turns, [rollback]]) outcomes.push(await outcomesOf(client, turn))
  setInTransaction(client, false)
  return outcomes
}

test('whatever a transaction sends in its turns comes to what it comes to with a Sync for each', async () => {
  const { shared, plain } = await start()
  const statement = fc.constantFrom(works, hasNoRows, works, fails, cannotBePlanned, simple, simpleThatFails)
  const turns = fc.array(fc.array(statement, { minLength: 1, maxLength: 5 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(turns, async sent => {
      expect(await transact(shared, sent)).toEqual(await transact(plain, sent))
    }),
    { numRuns: 300 }
  )
})

test('PostgreSQL says once a turn that it is ready, and so sends its answers once', async () => {
  const { shared, plain } = await start()
  const countReady = async (client: Client) => {
    const read: Buffer[] = []
    client.connection.stream.on('data', (bytes: Buffer) => read.push(bytes))
    await transact(client, [[works, hasNoRows, works, hasNoRows]])
    return messagesIn(Buffer.concat(read)).filter(type => type === 'Z').length
  }
  expect(await countReady(shared)).toBe(3) // begin, the turn, rollback
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

test('a connection that PostgreSQL ends fails all that was sent on it', async () => {
  const { shared } = await start()
  const ended = new Promise(resolve => void shared.once('end', resolve))
  setInTransaction(shared, true)
  const itself = { name: 'itself', text: 'select pg_terminate_backend(pg_backend_pid())' }
  const [first, ...others] = await outcomesOf(shared, [begin, itself, works, works])
  expect(first).toEqual([['BEGIN', []]])
  expect(others.every(outcome => !Array.isArray(outcome))).toBe(true)
  await ended
})
