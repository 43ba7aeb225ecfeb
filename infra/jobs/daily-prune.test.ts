import { sql } from 'drizzle-orm'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../test/database.ts'
import { untilBlocked } from '../test/until-blocked.ts'
import { pruneOnce, startDailyPrune } from './daily-prune.ts'
import { startTestKafka, type TestKafka } from '../knative-local/testing.ts'
import { manifestPathsIn } from '../knative-local/index.ts'
import { loadPlan } from '../knative-local/plans.ts'
import { applyTopics, wantedTopics } from '../knative-local/single-parts.ts'
import { project } from '../project.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
  const { plan } = await loadPlan(manifestPathsIn(project))
  if (plan === undefined) throw new Error('the YAML is not right')
  await applyTopics(
    kafka.admin,
    wantedTopics(plan).map(topic => ({
      ...topic,
      replicas: 1,
      config: { ...topic.config, 'min.insync.replicas': '1' }
    }))
  )
}, 120_000)
afterAll(() => kafka?.stop())

test('by the settings of the cluster’s CronJob, on the topics as the YAML has them, what is old goes and is reported', async () => {
  const { options, count } = await database()
  expect(await pruneOnce(options)).toEqual([
    'kept whole: outbox, handled_events, dead_letters; the replication slot outbox is not there',
    'pruned rows that nothing asks for any more: 1 of command_answers'
  ])
  expect(await count()).toBe(1)
})

test('a topic that keeps its records longer than the settings allow is named, and nothing is removed', async () => {
  const { options, count } = await database()
  const keepFor = (days: number) =>
    kafka.admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: 'student_dead_letter',
          configEntries: [{ name: 'retention.ms', value: String(days * 24 * 60 * 60 * 1000) }]
        }
      ]
    })
  onTestFinished(() => keepFor(30)) // the topics are those of every test here
  await keepFor(300)
  const [said] = await pruneOnce(options)
  expect(said).toMatch(/^not pruned, by infra\/jobs\/jobs.yaml: Nothing was removed\.\nINBOX_DAYS=90 is too short/)
  expect(await count()).toBe(2)
})

test('a database that does not answer is reported, and ends nothing', async () => {
  const { options } = await database()
  const [said] = await pruneOnce({ ...options, databaseUrl: 'postgres://nobody@127.0.0.1:9/nothing' })
  expect(said).toMatch(/^not pruned/)
})

test('when the stack stops, the batch that is under way ends and no other begins', async () => {
  const { db, options, count } = await database()
  await db.execute(sql`
    insert into command_answers (function, key, request_digest, status, body, created_at)
    select 'f', 'more-' || n, 'd', 200, '{}', now() - interval '100 days' from generate_series(1, 15000) n`)
  let stopped: Promise<void> | undefined
  await db.transaction(async tx => {
    await tx.execute(sql`set local idle_in_transaction_session_timeout = 0`)
    await tx.execute(sql`lock table command_answers`)
    const pruning = startDailyPrune({ ...options, firstAfterMs: 0 })
    await untilBlocked(db, 'the prune')
    stopped = pruning.stop()
  })
  await stopped
  expect(await count()).toBe(5_002)
})

/** One row that may go, and one that is younger than the CronJob says. */
async function database() {
  const { db, url } = await testDatabase()
  for (const days of [89, 91]) {
    await db.execute(sql`
      insert into command_answers (function, key, request_digest, status, body, created_at)
      values ('f', ${`key-${days}`}, 'd', 200, '{}', now() - make_interval(days => ${days}))`)
  }
  const options = { jobsFile: 'infra/jobs/jobs.yaml', databaseUrl: url, bootstrap: kafka.bootstrap, report: () => {} }
  return { db, options, count: async () => (await db.execute(sql`select from command_answers`)).rows.length }
}
