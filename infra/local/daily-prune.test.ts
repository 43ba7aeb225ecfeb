import { sql } from 'drizzle-orm'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '../test/database.ts'
import { pruneOnce } from './daily-prune.ts'
import { startTestKafka, type TestKafka } from './dataplane/testing/kafka.ts'
import { loadPlan } from './manifests/load-plan.ts'
import { manifestPathsIn } from './manifest-paths.ts'
import { applyTopics, wantedTopics } from './resources/topics.ts'
import { projectDirectory } from '../bundle.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
  const { plan } = await loadPlan(manifestPathsIn(projectDirectory))
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

test('by the settings of the cluster’s CronJob, on the topics as the YAML has them, what is old goes and is told', async () => {
  const { options, count } = await database()
  expect(await pruneOnce(options)).toEqual([
    'the outbox is kept whole: the replication slot outbox is not there',
    'pruned rows that nothing asks for any more: 1 of handled_events'
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
  await keepFor(300)
  const [said] = await pruneOnce(options)
  expect(said).toMatch(/^not pruned, by infra\/jobs\/jobs.yaml: Nothing was removed\.\nINBOX_DAYS=80 is too short/)
  expect(await count()).toBe(2)
})

test('a database that does not answer is told, and ends nothing', async () => {
  const { options } = await database()
  const [said] = await pruneOnce({ ...options, databaseUrl: 'postgres://nobody@127.0.0.1:9/nothing' })
  expect(said).toMatch(/^not pruned/)
})

/** One row that may go, and one that is younger than the CronJob says. */
async function database() {
  const { db, url } = await testDatabase()
  for (const days of [79, 81]) {
    await db.execute(sql`
      insert into handled_events (function, source, event_id, student_id, sequence, handled_at)
      values ('f', 's', ${`event-${days}`}, 'student', ${days}, now() - make_interval(days => ${days}))`)
  }
  const options = { jobsFile: 'infra/jobs/jobs.yaml', databaseUrl: url, bootstrap: kafka.bootstrap, report: () => {} }
  return { options, count: async () => (await db.execute(sql`select from handled_events`)).rows.length }
}
