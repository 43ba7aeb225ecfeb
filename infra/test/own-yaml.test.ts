// What this project's own YAML says, as the local runtime reads it.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { manifestPathsIn } from '../knative-local/index.ts'
import { loadPlan } from '../knative-local/plans.ts'
import { project } from '../project.ts'

test('it holds neither errors nor warnings', async () => {
  expect((await loadPlan(manifestPathsIn(project), { complete: true })).problems).toEqual([])
})

test('the roles of its database have no rights over the cluster, and Debezium’s alone may replicate', async () => {
  const { plan } = await loadPlan(manifestPathsIn(project))
  const [cluster] =
    plan?.objects.filter(({ kind, apiVersion }) => kind === 'Cluster' && apiVersion.startsWith('postgresql.')) ?? []
  const { roles } = Cluster.parse(cluster).spec.managed
  expect(roles.filter(({ superuser, createdb, createrole }) => superuser || createdb || createrole)).toEqual([])
  expect(roles.filter(({ replication }) => replication).map(({ name }) => name)).toEqual(['debezium'])
  expect(roles.find(({ name }) => name === 'create_student')?.passwordSecret?.name).toBe('students-db-create-student')
})

const flag = z.boolean().default(false)
const Cluster = z.object({
  spec: z.object({
    managed: z.object({
      roles: z
        .array(
          z.object({
            name: z.string(),
            superuser: flag,
            createdb: flag,
            createrole: flag,
            replication: flag,
            passwordSecret: z.object({ name: z.string() }).optional()
          })
        )
        .min(1)
    })
  })
})
