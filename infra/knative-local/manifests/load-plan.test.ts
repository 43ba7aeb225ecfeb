import { describe, expect, test } from 'vitest'
import { broker, brokerConfig, load, source, trigger } from './load-for-test.ts'

describe('a plan', () => {
  test('has every default written out as the control plane would', async () => {
    const { plan } = await load({ 'source.yaml': source('topics: [orders], sink: { uri: http://example.com }') })
    expect(plan?.kafkaSources[0]).toMatchObject({
      name: 'orders',
      namespace: 'default',
      bootstrapServers: ['localhost:9092'],
      consumers: 1,
      initialOffset: 'latest',
      ordering: 'ordered',
      keyType: 'string',
      delivery: { retry: 10, backoffPolicy: 'exponential', backoffDelayMs: 300, timeoutMs: 600_000 },
      extensions: {}
    })
  })

  test('gives a source without a consumer group the same one at every start, and another source another', async () => {
    const spec = 'topics: [orders], sink: { uri: http://example.com }'
    const groups = async (name: string) =>
      (await load({ 'source.yaml': source(spec, name) })).plan?.kafkaSources[0]?.consumerGroup
    expect(await groups('orders')).toMatch(/^knative-kafka-source-[0-9a-f-]{36}$/)
    expect(await groups('orders')).toBe(await groups('orders'))
    expect(await groups('orders')).not.toBe(await groups('parcels'))
  })

  test('is frozen to the last field', async () => {
    const { plan } = await load({ 'source.yaml': source('topics: [orders], sink: { uri: http://example.com }') })
    expect(Object.isFrozen(plan?.kafkaSources[0]?.delivery)).toBe(true)
    expect(Object.isFrozen(plan?.objects[0]?.metadata)).toBe(true)
  })

  test("takes the Trigger's delivery instead of its Broker's, as a whole", async () => {
    const { plan } = await load({
      'broker.yaml': `${brokerConfig}---\n${broker('delivery: { retry: 4, backoffDelay: PT1S, deadLetterSink: { uri: http://example.com/dead } }')}`,
      'triggers.yaml': [trigger('own', 'delivery: { retry: 1 }'), trigger('inherited', '')].join('---\n')
    })
    const delivery = (name: string) => plan?.triggers.find(entry => entry.name === name)?.delivery
    expect(delivery('own')).toEqual({ retry: 1, backoffPolicy: 'exponential', backoffDelayMs: 200, timeoutMs: 600_000 })
    expect(delivery('inherited')).toEqual({
      retry: 4,
      backoffPolicy: 'exponential',
      backoffDelayMs: 1_000,
      timeoutMs: 600_000,
      deadLetterSink: { uri: 'http://example.com/dead' }
    })
  })

  test("takes a Broker's topic from its ConfigMap, or from the annotation external.topic", async () => {
    const { plan } = await load({ 'broker.yaml': `${brokerConfig}---\n${broker('')}` })
    expect(plan?.brokers[0]).toMatchObject({
      topic: 'knative-broker-default-events',
      externalTopic: false,
      partitions: 3,
      replicationFactor: 2,
      bootstrapServers: ['localhost:9092', 'localhost:9093'],
      topicConfig: { 'retention.ms': '1000' },
      delivery: { retry: 10, backoffDelayMs: 200 }
    })
    const external = await load({
      'broker.yaml': `${brokerConfig}---\n${broker('', '{ eventing.knative.dev/broker.class: Kafka, kafka.eventing.knative.dev/external.topic: mine }')}`
    })
    expect(external.plan?.brokers[0]).toMatchObject({ topic: 'mine', externalTopic: true })
  })

  test('keeps the objects that have no meaning on one machine', async () => {
    const { plan } = await load({
      'other.yaml':
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec: { anything: goes }\n'
    })
    expect(plan?.objects).toMatchObject([
      { kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { anything: 'goes' } }
    ])
  })

  test('reads each item of a List', async () => {
    const { plan } = await load({
      'list.yaml':
        'apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: Secret, metadata: { name: a } }\n  - { apiVersion: v1, kind: Secret, metadata: { name: b } }\n'
    })
    expect(plan?.objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  })
})
