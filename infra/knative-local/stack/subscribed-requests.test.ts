import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadPlan } from '../manifests/load-plan.ts'
import type { Service } from '../manifests/plan.ts'
import { subscribedRequests } from './subscribed-requests.ts'

const topic = (name: string, partitions: number) => `
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: ${name}, namespace: shop, labels: { strimzi.io/cluster: kafka } }
spec: { partitions: ${partitions}, replicas: 1 }
`
const source = (name: string, ordering: string, topics: string, sink: string) => `
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${name}, namespace: shop }
spec:
  bootstrapServers: [kafka:9092]
  consumerGroup: ${name}
  ordering: ${ordering}
  topics: [${topics}]
  sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: ${sink} } }
`

test('an ordered source has a request for each partition under way, and nobody knows how many others have', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'subscribed-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const yaml = [
    topic('orders', 3),
    topic('payments', 4),
    source('one', 'ordered', 'orders, payments', 'ordered'),
    source('two', 'ordered', 'orders', 'ordered'),
    source('three', 'unordered', 'orders', 'unordered'),
    source('four', 'ordered', 'elsewhere', 'unknown')
  ]
  await writeFile(join(directory, 'all.yaml'), yaml.join('---'))
  const services = ['ordered', 'unordered', 'unknown', 'none'].map(name => `shop/${name}`)
  const { plan } = await loadPlan([directory], { resolved: new Set(services) })
  const requests = (name: string) => plan && subscribedRequests({ namespace: 'shop', name } as Service, plan)
  expect(['ordered', 'unordered', 'unknown', 'none'].map(requests)).toEqual([10, Infinity, Infinity, 0])
})
