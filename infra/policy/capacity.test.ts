// The functions at their largest fit into the database.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { environmentOf, Service, service } from './kinds.ts'
import { objectsOf, overlays } from './render.ts'

/** Two Debezium readers, the registry's pool, the jobs, the operator's and a person's own. */
const othersConnections = 20

const Cluster = z.object({
  spec: z.object({
    instances: z.int(),
    postgresql: z.object({ parameters: z.record(z.string(), z.string()) }),
    walStorage: z.object({ size: z.string() })
  })
})

describe.each(overlays)('in %s', overlay => {
  const [cluster] = objectsOf(overlay, { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster' }, Cluster)
  const parameters = cluster?.spec.postgresql.parameters ?? {}

  test('every function at its max-scale, in two revisions during a rollout, finds its connections', () => {
    const connections = objectsOf(overlay, service, Service).map(({ spec }) => {
      const [container] = spec.template.spec.containers
      const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = (container && environmentOf(container)) ?? {}
      const pool = url === undefined ? 0 : Number(poolSize)
      return pool * Number(spec.template.metadata.annotations['autoscaling.knative.dev/max-scale'])
    })
    const most = 2 * connections.reduce((sum, n) => sum + n, 0) + othersConnections
    expect(
      Number(parameters.max_connections),
      'max_connections of infra/postgres/cluster.yaml, against DATABASE_POOL_SIZE times max-scale of knative/*.yaml'
    ).toBeGreaterThanOrEqual(most)
  })

  test('logical decoding is on, and a lost reader cannot fill the volume of the write-ahead log', () => {
    expect(parameters.wal_level).toBe('logical')
    expect(gibibytes(parameters.max_slot_wal_keep_size ?? '')).toBeLessThan(
      gibibytes(cluster?.spec.walStorage.size ?? '')
    )
  })
})

/** PostgreSQL's MB and GB are powers of 1024, as Kubernetes' Mi and Gi. */
function gibibytes(size: string): number {
  const [, number, unit] = /^(\d+)(MB|GB|Mi|Gi)$/.exec(size) ?? []
  return unit?.startsWith('M') ? Number(number) / 1024 : Number(number)
}
