// Topics that survive the loss of a broker, and users who may do what their component does and nothing else.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  Broker,
  broker,
  ConfigMap,
  configMap,
  KafkaConnector,
  kafkaConnector,
  KafkaSink,
  kafkaSink,
  KafkaSource,
  kafkaSource,
  KafkaTopic,
  kafkaTopic,
  KafkaUser,
  kafkaUser
} from './kinds.ts'
import { pruneTopics } from './prune-settings.ts'
import { objectsOf, overlays, render } from './render.ts'

describe.each(overlays)('in %s', overlay => {
  const topics = objectsOf(overlay, kafkaTopic, KafkaTopic)

  test('every topic has three replicas, two of them confirmed, and a bound on how long it keeps records', () => {
    expect(topics).not.toEqual([])
    for (const { metadata, spec } of topics) {
      expect(spec.replicas, metadata.name).toBe(3)
      expect(spec.config['min.insync.replicas'], metadata.name).toBe(2)
      expect(Number(spec.config['retention.ms']), metadata.name).toBeGreaterThan(0)
    }
  })

  test('the topic that Knative makes for the Broker is as safe as the others', () => {
    const [{ spec } = { spec: undefined }] = objectsOf(overlay, broker, Broker)
    const settings = objectsOf(overlay, configMap, ConfigMap).find(
      ({ metadata }) => metadata.name === spec?.config.name
    )
    expect(settings?.data).toMatchObject({
      'default.topic.replication.factor': '3',
      'default.topic.config.min.insync.replicas': '2',
      'default.topic.config.retention.ms': expect.stringMatching(/^\d+$/)
    })
  })

  test('the cluster has three nodes with a claim each that outlives it, and makes no topic automatically', () => {
    const NodePool = z.object({
      spec: z.object({
        replicas: z.literal(3),
        storage: z.object({
          volumes: z.array(z.object({ type: z.literal('persistent-claim'), deleteClaim: z.boolean() }))
        })
      })
    })
    const [pool] = objectsOf(overlay, { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaNodePool' }, NodePool)
    expect(pool?.spec.storage.volumes).toMatchObject([{ deleteClaim: overlay === 'dev' }])
    const Kafka = z.object({ spec: z.object({ kafka: z.object({ config: z.record(z.string(), z.unknown()) }) }) })
    const [kafka] = objectsOf(overlay, { apiVersion: 'kafka.strimzi.io/v1', kind: 'Kafka' }, Kafka)
    expect(kafka?.spec.kafka.config).toMatchObject({
      'auto.create.topics.enable': false,
      'unclean.leader.election.enable': false,
      'min.insync.replicas': 2
    })
  })

  test('each connector has a slot, a publication and a topic prefix of its own, and one reader', () => {
    const connectors = objectsOf(overlay, kafkaConnector, KafkaConnector)
    expect(connectors).toHaveLength(2)
    for (const key of ['slot.name', 'publication.name', 'topic.prefix', 'heartbeat.action.query']) {
      expect(new Set(connectors.map(({ spec }) => spec.config[key])).size, key).toBe(connectors.length)
    }
    for (const { spec } of connectors) {
      expect(spec.tasksMax).toBe(1)
      expect(spec.config).toMatchObject({ 'slot.failover': true, 'heartbeat.interval.ms': expect.any(Number) })
    }
  })
})

describe('in production', () => {
  const users = objectsOf('production', kafkaUser, KafkaUser)
  const sources = objectsOf('production', kafkaSource, KafkaSource)
  const sinks = objectsOf('production', kafkaSink, KafkaSink)

  test('every source and sink speaks by TLS, as a user of its own', () => {
    for (const { metadata, spec } of sources) {
      expect(spec.bootstrapServers, metadata.name).toEqual(['students-kafka-bootstrap.students.svc.cluster.local:9093'])
      expect(spec.net, metadata.name).toMatchObject({
        tls: { enable: true, caCert: { secretKeyRef: { name: 'students-cluster-ca-cert', key: 'ca.crt' } } },
        sasl: { enable: true, password: { secretKeyRef: { name: `kafka-${metadata.name}`, key: 'password' } } }
      })
    }
    for (const { metadata, spec } of sinks) {
      expect(spec.auth?.secret.ref.name).toBe(`kafka-${metadata.name}`)
    }
  })

  test('the users are exactly those that a component speaks as, and each has its password from the Secret that the component reads', () => {
    const components = [
      ...sources.map(({ metadata }) => metadata.name),
      ...sinks.map(({ metadata }) => metadata.name),
      'broker-default',
      'connect',
      'prune',
      'audit'
    ]
    expect(users.map(({ metadata }) => metadata.name).toSorted()).toEqual(components.toSorted())
    for (const { metadata, spec } of users) {
      expect(spec.authentication.password.valueFrom.secretKeyRef).toEqual({
        name: `kafka-${metadata.name}`,
        key: 'password'
      })
    }
  })

  test('a source may read its topics and keep its group, a sink may write its topic, and neither may do more', () => {
    for (const { metadata, spec } of sources) {
      expect(granted(metadata.name), metadata.name).toEqual(
        [
          ...spec.topics.map(topic => `literal topic ${topic}: Describe Read`),
          `literal group ${spec.consumerGroup}: Delete Describe Read`
        ].toSorted()
      )
    }
    for (const { metadata, spec } of sinks) {
      expect(granted(metadata.name), metadata.name).toEqual([`literal topic ${spec.topic}: Describe Write`])
    }
  })

  test('the Broker has its own topic and the groups of its Triggers', () => {
    expect(granted('broker-default')).toEqual([
      'literal topic knative-broker-students-default: Create Delete Describe Read Write',
      'prefix group knative-trigger-students-: Delete Describe Read'
    ])
  })

  test('Connect has its own topics and those that its connectors write', () => {
    const written = topicsWritten()
    const own = 'prefix topic students-connect-: Create Describe DescribeConfigs Read Write'
    expect(granted('connect')).toEqual(
      [
        own,
        'literal group students-connect: Describe Read',
        'prefix topic debezium-heartbeat.: Describe Write',
        ...written.map(topic => `literal topic ${topic}: Describe Write`)
      ].toSorted()
    )
  })

  test('the prune may ask how long its topics keep their records, and nothing more', () => {
    expect(granted('prune')).toEqual(
      pruneTopics('production')
        .map(topic => `literal topic ${topic}: DescribeConfigs`)
        .toSorted()
    )
  })

  test('the audit reads what the sources read, the sinks write and the Broker keeps, in groups of its own', () => {
    const followed = sources.filter(({ spec }) => spec.ceOverrides !== undefined)
    const sunk = sinks.map(({ spec }) => spec.topic)
    const readers = sources.filter(({ spec }) => spec.topics.some(topic => sunk.includes(topic)))
    const topics = new Set([...followed.flatMap(({ spec }) => spec.topics), ...sunk])
    const groups = new Set([...followed, ...readers].map(({ spec }) => spec.consumerGroup))
    expect(granted('audit')).toEqual(
      [
        ...[...topics, 'knative-broker-students-default'].map(topic => `literal topic ${topic}: Describe Read`),
        ...[...groups].map(group => `literal group ${group}: Describe`),
        'prefix group knative-trigger-students-: Describe',
        'prefix group audit-: Delete Read'
      ].toSorted()
    )
  })

  test('nobody may do anything to the cluster, to every topic or to every group', () => {
    for (const { metadata, spec } of users) {
      for (const { resource, operations } of spec.authorization.acls) {
        expect(['topic', 'group'], metadata.name).toContain(resource.type)
        expect(resource.name, metadata.name).not.toContain('*')
        expect(operations, metadata.name).not.toContain('All')
      }
    }
  })

  test('no listener is open: each has TLS and asks who is there', () => {
    const Listener = z.object({ tls: z.literal(true), authentication: z.object({ type: z.literal('scram-sha-512') }) })
    const Kafka = z.object({
      spec: z.object({
        kafka: z.object({
          listeners: z.array(Listener).min(2),
          authorization: z.object({ type: z.literal('simple'), superUsers: z.undefined().optional() })
        })
      })
    })
    expect(objectsOf('production', { apiVersion: 'kafka.strimzi.io/v1', kind: 'Kafka' }, Kafka)).toHaveLength(1)
  })

  test('the listener for outside lets in networks that are named, never every address', () => {
    const Listeners = z.object({
      spec: z.object({
        kafka: z.object({
          listeners: z.array(
            z.object({
              type: z.string(),
              configuration: z.object({ loadBalancerSourceRanges: z.array(z.cidrv4()).default([]) }).optional()
            })
          )
        })
      })
    })
    const [kafka] = objectsOf('production', { apiVersion: 'kafka.strimzi.io/v1', kind: 'Kafka' }, Listeners)
    const outside = kafka?.spec.kafka.listeners.filter(({ type }) => type !== 'internal') ?? []
    expect(outside).toHaveLength(1)
    for (const { configuration } of outside) {
      expect(configuration?.loadBalancerSourceRanges).not.toEqual([])
      for (const range of configuration?.loadBalancerSourceRanges ?? []) {
        expect(Number(range.split('/')[1]), range).toBeGreaterThanOrEqual(8)
      }
    }
  })

  test('a broker outside is advertised by a name of its own', () => {
    expect(JSON.stringify(render('production').find(({ kind }) => kind === 'Kafka'))).toMatch(
      /kafka-0\.example\.com.*kafka-1\.example\.com.*kafka-2\.example\.com/
    )
  })

  function granted(user: string): string[] {
    const acls = users.find(({ metadata }) => metadata.name === user)?.spec.authorization.acls ?? []
    return acls
      .map(
        ({ resource, operations }) =>
          `${resource.patternType} ${resource.type} ${resource.name}: ${operations.toSorted().join(' ')}`
      )
      .toSorted()
  }

  /** The topics that the functions put into the outbox, and the users table's. */
  function topicsWritten(): string[] {
    const fromOutbox = render('production').flatMap(object => {
      const text = JSON.stringify(object)
      return [...text.matchAll(/"[A-Z0-9_]+_TOPIC","value":"(\w+)"/g)].flatMap(([, topic]) => topic ?? [])
    })
    const cdc = objectsOf('production', kafkaConnector, KafkaConnector)
      .filter(({ metadata }) => metadata.name === 'users')
      .map(({ spec }) => `${spec.config['topic.prefix']}.${String(spec.config['table.include.list']).split(',')[0]}`)
    return [...new Set([...fromOutbox, ...cdc])]
  }
})
