// A served plan for tests: one object of each kind that is played here, with a state that the test changes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { stateKey, type ObjectState } from './live-state.ts'
import { startKubernetesApi } from './start-kubernetes-api.ts'

const manifests = `
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: orders, namespace: shop, labels: { team: blue } }
spec:
  bootstrapServers: [localhost:9092]
  topics: [orders, returns]
  consumerGroup: orders
  sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: handler } }
---
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: audit, namespace: shop, labels: { team: red } }
spec: { bootstrapServers: [localhost:9092], topics: [orders], sink: { uri: http://example.com } }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: handler, namespace: shop }
spec: { template: { spec: { containers: [{ image: example.com/handler }] } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: events, namespace: shop }
data: { default.topic.partitions: "1", default.topic.replication.factor: "1", bootstrap.servers: "localhost:9092" }
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: events, namespace: shop, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: events } }
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: orders, namespace: shop }
spec: { broker: events, subscriber: { uri: http://example.com } }
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: orders, namespace: shop, labels: { strimzi.io/cluster: kafka } }
spec: { partitions: 4, replicas: 3 }
---
apiVersion: example.com/v1
kind: Policy
metadata: { name: strict, namespace: other }
`

export interface ServedForTest {
  readonly url: string
  readonly kubeconfigPath: string
  readonly set: (kind: string, name: string, state: ObjectState) => void
  readonly edit: (change: (plan: Plan) => Plan) => void
  readonly advance: (ms: number) => void
}

export async function serveForTest(): Promise<ServedForTest> {
  const directory = await mkdtemp(join(tmpdir(), 'kubernetes-api-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'all.yaml'), manifests)
  const { plan: loaded, problems } = await loadPlan([directory])
  if (loaded === undefined) throw new Error(JSON.stringify(problems))
  let plan = loaded
  let now = Date.parse('2026-01-01T12:00:00Z')
  const state = new Map<string, ObjectState>()
  const kubeconfigPath = join(directory, 'state', 'kubeconfig')
  const api = await startKubernetesApi({
    port: 0,
    plan: () => plan,
    state: () => state,
    kubeconfigPath,
    now: () => new Date(now)
  })
  onTestFinished(api.stop)
  return {
    url: api.url,
    kubeconfigPath,
    set: (kind, name, of) => void state.set(stateKey(kind, 'shop', name), of),
    edit: change => {
      plan = change(plan)
    },
    advance: ms => {
      now += ms
    }
  }
}

export const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
export const sources = '/apis/sources.knative.dev/v1/namespaces/shop/kafkasources'

export interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: unknown }[]
}

export async function get(url: string, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url + path, { headers })
  expect(response.status).toBe(200)
  return response.json()
}
