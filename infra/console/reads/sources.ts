// Where everything that is shown comes from: the Kubernetes API, Kafka, PostgreSQL and the functions' own answers, which a cluster has
// as well; and the local runtime, which only this machine has.
import type { Kafka } from 'kafkajs'
import pg from 'pg'
import type { Endpoints } from '../../knative-local/index.ts'
import type { LogTail } from './system/log-tail.ts'
import type { Sampler } from './system/sampler.ts'
import type { UsageSample } from './system/usage.ts'
import type { Traces } from '../../knative-local/traces.ts'
import { type Audits, auditRuns } from './audit-runs.ts'
import { clusterReader, type ClusterView } from './system/cluster.ts'
import { type GroupWatch, watchGroups } from './system/group-watch.ts'
import { type KubernetesFlags, openKubernetes } from './system/kubernetes.ts'
import { openRecordWindow, type RecordWindow } from './events/record-window.ts'

export interface Sources {
  cluster(): Promise<ClusterView>
  readonly kafka: Kafka
  /** Read only: what would write is refused by PostgreSQL. */
  readonly database: pg.Pool
  readonly groups: GroupWatch
  readonly audits: Audits
  readonly records: RecordWindow
  /** Of a function, by name. */
  functionUrl(name: string): Promise<string | undefined>
  /** Undefined on a cluster: the parts are other people's. */
  readonly local?: (() => Promise<Endpoints>) | undefined
  /** Those that the local runtime keeps; nothing before the first. Undefined on a cluster. */
  readonly traces?: (() => Promise<Traces | undefined>) | undefined
  /** Processor time and memory of the parts, and what they say; on this machine only. */
  readonly usage?: Sampler<UsageSample> | undefined
  readonly logs?: LogTail | undefined
  close(): Promise<void>
}

export interface SourceOptions {
  readonly kubernetes: KubernetesFlags & { readonly namespace?: string | undefined }
  readonly kafka: Kafka
  readonly databaseUrl: string
  /** By name, in place of what the Kubernetes API says: through `kubectl port-forward`, say. */
  readonly functionUrls: Readonly<Record<string, string>>
  readonly local?: Sources['local']
  readonly traces?: Sources['traces']
  readonly usage?: Sources['usage']
  readonly logs?: Sources['logs']
}

const statementTimeoutMs = 10_000

export async function openSources(options: SourceOptions): Promise<Sources> {
  const { kafka, databaseUrl, functionUrls, local, traces, usage, logs } = options
  const api = await openKubernetes(options.kubernetes)
  const cluster = clusterReader(api, options.kubernetes.namespace)
  const database = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'console',
    options: '-c default_transaction_read_only=on',
    statement_timeout: statementTimeoutMs,
    connectionTimeoutMillis: 3_000,
    max: 4
  })
  database.on('error', () => undefined) // of an idle connection; the next query says what is wrong
  const groups = watchGroups(kafka, async () => (await cluster()).plan)
  const records = openRecordWindow(kafka)
  return {
    cluster,
    kafka,
    database,
    groups,
    audits: auditRuns({ kafka, databaseUrl, plan: async () => (await cluster()).plan }),
    records,
    async functionUrl(name) {
      const given = functionUrls[name]
      if (given !== undefined) return given
      const { plan, urlOf } = await cluster()
      const service = plan.services.find(one => functionOf(one) === name)
      return service && urlOf('Service', service.namespace, service.name)
    },
    local,
    traces,
    usage,
    logs,
    async close() {
      usage?.stop()
      await Promise.allSettled([groups.stop(), records.stop()])
      await Promise.allSettled([database.end(), api.close()])
    }
  }
}

/** FUNCTION_TARGET where the Service says it, else its name. */
export function functionOf({
  name,
  env
}: {
  readonly name: string
  readonly env: readonly { readonly name: string; readonly value?: string }[]
}): string {
  return env.find(variable => variable.name === 'FUNCTION_TARGET')?.value ?? name
}
