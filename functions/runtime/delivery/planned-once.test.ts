// What is on the path of every event is planned once a connection, and not each time: planning takes longer than doing it.
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../../../infra/test/database.ts'
import { createCommandGroups } from '../events/answer-once.ts'
import { connect } from '../host/database.ts'
import { createOrderedGroups, createUnorderedGroups } from './deliver-together.ts'
import { eventOf } from './testing/kinds-of-events.ts'
import { recorder } from './testing/together-recorder.ts'

/** PostgreSQL tries as many plans for the very values before it compares: https://www.postgresql.org/docs/18/sql-prepare.html */
const plansTried = 5

test('the statements of a group are planned once a connection, however small it is', async () => {
  const { url } = await testDatabase()
  const config = { DATABASE_URL: url, DATABASE_POOL_SIZE: 1, DATABASE_TIMEOUT_MS: 10_000 }
  const { db, close } = connect(config, 'planned', () => undefined)
  onTestFinished(close)
  // With as many rows as after an hour: an empty table is read whole, whatever is asked of it.
  await db.$client.query(
    `insert into fences select function, 'old-' || at, 1 from unnest('{recorder,other}'::text[]) as function, generate_series(1, 5000) as at;
     analyze`
  )
  const ordered = createOrderedGroups(db, recorder)
  const unordered = createUnorderedGroups(db, { ...recorder, name: 'unordered' })
  const answered = createCommandGroups(db)
  for (let round = 0; round < 30; round++) {
    const entities = [0, 1, 2].map(at => `s-${round}-${at}`)
    await Promise.all(entities.map(one => ordered({ event: eventOf('plain', one), contextOf: tx => ({ tx }) })))
    await Promise.all(
      entities.map(one => unordered({ event: eventOf('plain', `u-${one}`), contextOf: tx => ({ tx }) }))
    )
    await Promise.all(
      entities.map(key =>
        answered({ function: 'planned', key, request: key }, async () => ({ status: 201, body: key }))
      )
    )
  }
  const { rows } = await db.$client.query<{ name: string; planned: string }>(
    `select name, custom_plans as planned from pg_prepared_statements where generic_plans + custom_plans > ${plansTried * 2}`
  )
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['pass_fences', 'disturbed', 'claim_events', 'claim_commands'])
  )
  expect(rows.filter(({ planned }) => Number(planned) > plansTried)).toEqual([])
})
