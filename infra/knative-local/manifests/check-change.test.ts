import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadPlan } from './load-plan.ts'
import type { Plan } from './plan.ts'
import { formatProblems } from './problem.ts'

const manifests = `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: orders }
spec: { bootstrapServers: [localhost:9092], topics: [orders], consumerGroup: orders, sink: { uri: http://example.com } }
---
apiVersion: eventing.knative.dev/v1alpha1
kind: KafkaSink
metadata: { name: dead }
spec: { bootstrapServers: [localhost:9092], topic: dead }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: events }
data: { default.topic.partitions: "1", default.topic.replication.factor: "1", bootstrap.servers: localhost:9092 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: others }
data: { default.topic.partitions: "1", default.topic.replication.factor: "1", bootstrap.servers: localhost:9092 }
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: events, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: events } }
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: others, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: events } }
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: orders }
spec: { broker: events, subscriber: { uri: http://example.com } }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: handler }
spec: { template: { metadata: { name: handler-one }, spec: { timeoutSeconds: 5, containers: [{ image: example.com/handler }] } } }
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: orders, labels: { strimzi.io/cluster: kafka } }
spec: { partitions: 4, replicas: 3 }
`

test.for([
  ['consumerGroup: orders', 'consumerGroup: others', '4 error spec.consumerGroup: is immutable, and was orders.'],
  ['topic: dead }', 'topic: lost }', 'error spec.topic: is immutable, and was dead.'],
  ['topic: dead }', 'topic: dead, numPartitions: 2 }', 'error spec.numPartitions: is immutable, and was absent.'],
  ['broker: events, subscriber', 'broker: others, subscriber', 'error spec.broker: is immutable, and was events.'],
  [
    'kind: ConfigMap, name: events',
    'kind: ConfigMap, name: others',
    'error spec.config: is immutable, and was {"apiVersion":"v1","kind":"ConfigMap","name":"events"}.'
  ],
  [
    'timeoutSeconds: 5',
    'timeoutSeconds: 6',
    'error spec.template.metadata.name: the template changed and its name did not'
  ],
  ['partitions: 4', 'topicName: other, partitions: 4', 'error spec.topicName: a topic cannot be renamed: it is orders.']
] as const)('%s to %s is refused', async ([from, to, expected]) => {
  const { plan: running } = await load(manifests)
  const { plan, reported } = await load(manifests.replace(from, to), running)
  expect(plan).toBeUndefined()
  expect(reported).toContain(expected)
})

test.for([
  ['partitions: 4', 'partitions: 3', 'warning spec.partitions: Kafka cannot take partitions away: there are 4.'],
  ['replicas: 3', 'replicas: 2', 'warning spec.replicas: the number of replicas cannot be changed here: it is 3.']
] as const)('%s to %s is taken as a cluster takes it, and reported to have no effect', async ([from, to, expected]) => {
  const { plan: running } = await load(manifests)
  const { plan, reported } = await load(manifests.replace(from, to), running)
  expect(plan).toBeDefined()
  expect(reported).toContain(expected)
})

test.for([
  ['topics: [orders]', 'topics: [orders, returns], ordering: unordered, consumers: 2, delivery: { retry: 1 }'],
  ['subscriber: { uri: http://example.com }', 'subscriber: { uri: http://example.com/other }'],
  ['kind: ConfigMap, name: events } }', 'kind: ConfigMap, name: events }, delivery: { retry: 1 } }'],
  ['name: handler-one }, spec: { timeoutSeconds: 5', 'name: handler-two }, spec: { timeoutSeconds: 6'],
  ['partitions: 4', 'partitions: 8, config: { retention.ms: 1 }'],
  [
    'metadata: { name: dead }\nspec: { bootstrapServers: [localhost:9092], topic: dead }',
    'metadata: { name: lost }\nspec: { bootstrapServers: [localhost:9092], topic: lost }'
  ]
] as const)('%s to %s is taken', async ([from, to]) => {
  expect(manifests).toContain(from)
  const { plan: running } = await load(manifests)
  const { plan, reported } = await load(manifests.replace(from, to), running)
  expect(plan).toBeDefined()
  expect(reported).not.toMatch(/error|cannot/)
})

async function load(text: string, running?: Plan): Promise<{ plan: Plan | undefined; reported: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'all.yaml'), text)
  const { plan, problems } = await loadPlan([directory], { ...(running && { running }) })
  return { plan, reported: formatProblems(problems).replaceAll(directory, '') }
}
