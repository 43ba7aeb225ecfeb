// What plain SQL looks like in Kafka: one event for each row that a committed transaction changed.
import type { PoolClient } from 'pg'
import { inTransaction } from '../stage/in-transaction.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import { type ChangeEvent, formatLsn, type RowImage } from './change-event.ts'
import type { OwnEvents } from './own-events.ts'

export async function showImages(
  client: PoolClient,
  narrator: Narrator,
  events: OwnEvents,
  prefix: string
): Promise<void> {
  const [ada, alan, king] = [`${prefix}ada`, `${prefix}alan`, `${prefix}king`]
  narrator.step('Rows changed by plain SQL')
  narrator.say(
    'No function and no application takes part: Debezium reads the write-ahead log of PostgreSQL, as a replica would.'
  )
  narrator.block(
    [
      `insert into users values ('ada', 'Ada', 'ada@example.com')`,
      `begin; update users set name = 'Ada King' where id = 'ada'; insert into users values ('alan', ...); commit`,
      `begin; update users set name = 'Never' where id = 'ada'; rollback`,
      `update users set id = 'king' where id = 'ada'`,
      `delete from users where id in ('king', 'alan')`
    ].join('\n')
  )
  const insert = 'insert into users (id, name, email) values ($1, $2, $3)'
  await client.query(insert, [ada, 'Ada', 'ada@example.com'])
  await inTransaction(client, 'commit', async () => {
    await client.query(`update users set name = 'Ada King' where id = $1`, [ada])
    await client.query(insert, [alan, 'Alan', 'alan@example.com'])
  })
  await inTransaction(client, 'rollback', () => client.query(`update users set name = 'Never' where id = $1`, [ada]))
  await client.query('update users set id = $2 where id = $1', [ada, king])
  await client.query('delete from users where id = any($1)', [[king, alan]])
  const expected = 7 // the new primary key is two
  await events.atLeast(expected)

  const seen = events.list().toSorted((a, b) => (a.lsn < b.lsn ? -1 : a.lsn > b.lsn ? 1 : 0))
  narrator.say('One event for each row, with the row before and after it; the key, and so the partition, is the user.')
  narrator.table(seen.map(event => rowOf(event, prefix)))
  narrator.say(
    'Op c, u, d: create, update, delete. A new primary key is a delete and a create at one LSN. The first event whole, a CloudEvent in structured JSON:'
  )
  const rolledBack = seen.filter(({ after }) => after?.name === 'Never').length
  const [first] = seen
  if (first) narrator.block(attributesByLine(first.json).replaceAll(prefix, ''))
  narrator.claim(
    'each row that was changed and committed is one event, and what was rolled back is none',
    seen.length === expected && rolledBack === 0,
    `${expected} rows changed, ${seen.length} events, ${rolledBack} of them rolled back`
  )
}

function rowOf(
  { partition, offset, operation, before, after, lsn, txId, user, ...event }: ChangeEvent,
  prefix: string
): Row {
  return {
    Partition: partition,
    Offset: String(offset),
    Key: user.slice(prefix.length),
    Op: operation,
    Before: image(before),
    After: image(after),
    LSN: formatLsn(lsn),
    Transaction: String(txId),
    'Committed at': event.committedAt.toISOString().slice(11, 23),
    'In Kafka after, ms': event.writtenAt.getTime() - event.committedAt.getTime()
  }
}

function attributesByLine(json: string): string {
  const attributes = Object.entries(JSON.parse(json) as Record<string, unknown>)
  return ['{', attributes.map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`).join(',\n'), '}'].join('\n')
}

function image(row: RowImage | null): string | null {
  return row && `${row.name}, ${row.email}`
}
