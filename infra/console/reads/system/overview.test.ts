import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { planOfObjects } from '../../../knative-local/plans.ts'
import type { ClusterView, Condition } from './cluster.ts'
import type { GroupSample, Look } from './group-watch.ts'
import { drawSystem } from './overview.ts'

const sink = { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'on-order' } }
const objects = [
  {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'order', namespace: 'shop' },
    spec: service([
      { name: 'FUNCTION_TARGET', value: 'createOrder' },
      { name: 'TOPIC', value: 'orders' }
    ])
  },
  {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'on-order', namespace: 'shop' },
    spec: service([{ name: 'FUNCTION_TARGET', value: 'onOrder' }])
  },
  {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: { name: 'orders', namespace: 'shop', labels: { 'strimzi.io/cluster': 'shop' } },
    spec: { partitions: 2, replicas: 1 }
  },
  {
    apiVersion: 'sources.knative.dev/v1',
    kind: 'KafkaSource',
    metadata: { name: 'on-order', namespace: 'shop' },
    spec: { bootstrapServers: ['kafka:9092'], topics: ['orders'], consumerGroup: 'on-order', sink }
  },
  parse(`
apiVersion: kafka.strimzi.io/v1
kind: KafkaConnector
metadata: { name: outbox, namespace: shop, labels: { strimzi.io/cluster: shop } }
spec:
  class: io.debezium.connector.postgresql.PostgresConnector
  tasksMax: 1
  config:
    table.include.list: public.outbox
    transforms: outbox
    transforms.outbox.type: io.debezium.transforms.outbox.EventRouter
`)
]

test('an event can be followed from the request to the function that gets it, with what is counted on the way', () => {
  const { nodes, edges } = drawSystem(view(), look(2_000, 30, 25), [look(0, 10, 5), look(2_000, 30, 25)])
  expect(nodes.map(({ id }) => id).toSorted()).toEqual([
    'connector:outbox',
    'function:createOrder',
    'function:onOrder',
    'http:HTTP',
    'table:outbox',
    'topic:orders'
  ])
  expect(edges.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual([
    'connector:outbox topic:orders',
    'function:createOrder table:outbox',
    'http:HTTP function:createOrder',
    'table:outbox connector:outbox',
    'topic:orders function:onOrder'
  ])
  expect(edges.find(({ to }) => to === 'function:onOrder')).toMatchObject({ rate: 10, lag: 5 })
  expect(edges.find(({ from }) => from === 'connector:outbox')).toMatchObject({ rate: 10, lag: null })
})

test('what is not ready says so in the words of the cluster', () => {
  const { nodes } = drawSystem(view({ ready: 'False', reason: 'NotReady: it has 1 of 2 partitions' }), undefined, [])
  expect(nodes.find(({ id }) => id === 'topic:orders')).toMatchObject({
    ready: 'False',
    reason: 'NotReady: it has 1 of 2 partitions'
  })
})

test('an object that nobody can read is named, and the others are drawn', () => {
  const { plan, problems } = planOfObjects([
    ...objects,
    {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'KafkaSource',
      metadata: { name: 'odd', namespace: 'shop' },
      spec: { topics: 5 }
    }
  ])
  expect(plan.kafkaSources.map(({ name }) => name)).toEqual(['on-order'])
  expect(problems.filter(({ level }) => level === 'error').map(({ origin }) => origin.file)).toContain(
    'KafkaSource shop/odd'
  )
})

function view(topic: Condition = { ready: 'True', reason: '' }): ClusterView {
  return {
    plan: planOfObjects(objects).plan,
    problems: [],
    condition: kind => (kind === 'KafkaTopic' ? topic : { ready: 'True', reason: '' }),
    urlOf: () => undefined
  }
}

function look(atMs: number, end: number, committed: number): Look {
  const sample: GroupSample = {
    atMs,
    state: 'Stable',
    lag: end - committed,
    assignments: [],
    committed: new Map([['orders/0', committed]])
  }
  return { atMs, ranges: [{ topic: 'orders', partition: 0, start: 0, end }], groups: new Map([['on-order', sample]]) }
}

function service(env: object[]) {
  return { template: { spec: { containers: [{ image: 'dev.local/shop/x:dev', env }] } } }
}
