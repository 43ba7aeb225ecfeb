import { sql } from 'drizzle-orm'
import { integer, pgTable } from 'drizzle-orm/pg-core'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import type { Transaction } from './database.ts'
import { prepared } from './prepared.ts'
import { allSent, inTransaction, sendWithin, transact } from './transaction.ts'

const insert = (value: unknown) => ({
  name: 'insert_one',
  text: 'insert into sent (value) values ($1)',
  values: [value]
})
const values = async (db: Pick<Transaction, 'execute'>) =>
  (await db.execute(sql`select value from sent order by value`)).rows.map(row => row.value)

async function start() {
  const { db } = await testDatabase()
  await db.execute(sql`create table sent (value int primary key)`)
  return db
}

test('what was sent without waiting is in the transaction', async () => {
  const db = await start()
  await inTransaction(db, async tx => {
    sendWithin(tx, insert(1))
    sendWithin(tx, insert(2))
    expect(await values(tx)).toEqual([1, 2])
  })
  expect(await values(db)).toEqual([1, 2])
})

test("a query of drizzle's is sent without waiting too, in its turn", async () => {
  const db = await start()
  await inTransaction(db, async tx => {
    sendWithin(tx, insert(1))
    sendWithin(tx, tx.execute(sql`update sent set value = value + 1`))
    sendWithin(tx, insert(1))
  })
  expect(await values(db)).toEqual([1, 2])
  const failing = inTransaction(db, async tx => sendWithin(tx, tx.execute(sql`insert into sent values (2)`)))
  await expect(failing).rejects.toMatchObject({ cause: { code: '23505' } })
})

test('a prepared query is built once a connection, and takes the values of each time in its turn', async () => {
  const db = await start()
  let built = 0
  const both = { one: sql.placeholder('one'), other: sql.placeholder('other') }
  const numbers = pgTable('sent', { value: integer() })
  const insertTwo = prepared(tx => {
    built++
    return tx
      .insert(numbers)
      .values([{ value: both.one }, { value: both.other }])
      .returning()
  })
  for (const one of [1, 3, 5]) {
    await inTransaction(db, async tx => {
      sendWithin(tx, insert(one * 10))
      expect(await insertTwo(tx, { one, other: one + 1 })).toEqual([{ value: one }, { value: one + 1 }])
      sendWithin(tx, insertTwo(tx, { one: one * 100, other: one * 101 }))
    })
  }
  expect(await values(db)).toEqual([1, 2, 3, 4, 5, 6, 10, 30, 50, 100, 101, 300, 303, 500, 505])
  expect(built).toBe(1)
})

test('a whole transaction leaves with one write', async () => {
  const socket = Socket.prototype as unknown as { _write(): void; _writev(): void }
  const [one, several] = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')]
  const db = await start()
  await inTransaction(db, async tx => sendWithin(tx, insert(1))) // connects
  one.mockClear()
  several.mockClear()
  await inTransaction(db, async tx => sendWithin(tx, insert(2)))
  expect([one.mock.calls.length, several.mock.calls.length]).toEqual([0, 1])
})

test('a statement that nobody waited for fails its transaction with its own error', async () => {
  const db = await start()
  const failing = inTransaction(db, async tx => {
    sendWithin(tx, insert(1))
    sendWithin(tx, insert(1))
    sendWithin(tx, insert(2))
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await values(db)).toEqual([])
})

test('it is the cause also when a later statement is waited for', async () => {
  const db = await start()
  const failing = inTransaction(db, async tx => {
    sendWithin(tx, insert('no number'))
    await tx.execute(sql`select 1`)
  })
  await expect(failing).rejects.toMatchObject({ code: '22P02' })
})

test('what was sent is rolled back with the rest, and the connection serves the next transaction', async () => {
  const db = await start()
  const work = async (tx: Transaction) => {
    sendWithin(tx, insert(1))
    throw new Error('given up')
  }
  for (let times = 0; times < 20; times++) await expect(inTransaction(db, work)).rejects.toThrow('given up')
  await inTransaction(db, async tx => sendWithin(tx, insert(2)))
  expect(await values(db)).toEqual([2])
})

test('whoever waits hears of the failure', async () => {
  const db = await start()
  const heard = inTransaction(db, async tx => {
    sendWithin(tx, insert(null))
    await allSent(tx).catch(error => {
      throw new Error('heard', { cause: error })
    })
  })
  await expect(heard).rejects.toMatchObject({ code: '23502' })
})

test('a failed statement cannot be caught and taken for done', async () => {
  const db = await start()
  const careless = inTransaction(db, async tx => {
    await tx.execute(sql`insert into sent (value) values (1)`)
    await tx.execute(sql`insert into sent (value) values (1)`).catch(() => undefined)
    return 'done'
  })
  await expect(careless).rejects.toThrow('rolled back')
  expect(await values(db)).toEqual([])
})

test('statements that differ each time do not fill a connection', async () => {
  const db = await start()
  await inTransaction(db, async tx => {
    for (let number = 0; number < 300; number++) {
      await tx.execute(sql`select ${number}::int + ${sql.raw(String(number))}`)
    }
    const { rows } = await tx.execute(sql`select count(*)::int as prepared from pg_prepared_statements`)
    expect(rows[0]?.prepared).toBeLessThan(150)
  })
})

test('a connection stays when its transaction has failed in the turn in which it is rolled back', async () => {
  const { db } = await testDatabase()
  const backend = async () => (await db.execute(sql`select pg_backend_pid() as pid`)).rows
  const before = await backend()
  const failing = inTransaction(db, async tx => {
    sendWithin(tx, { name: 'fails', text: 'select 1 / 0', values: [] })
    throw new Error('given up')
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(await backend()).toEqual(before)
})

test('a transaction that cannot begin fails, although what was sent in it did not', async () => {
  const db = await start()
  const cannotBegin = { name: 'cannot_begin', text: 'select 1 / 0' }
  const failing = transact(db, [cannotBegin], async tx => {
    await setImmediate()
    await tx.execute(sql`select 1`)
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
})
