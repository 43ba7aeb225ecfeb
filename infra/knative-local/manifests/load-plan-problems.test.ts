import { describe, expect, test } from 'vitest'
import { broker, brokerConfig, load, service, source, trigger } from './load-for-test.ts'

describe('problems', () => {
  test('are reported all at once, each with its line', async () => {
    const { text } = await load({
      'source.yaml': [
        'apiVersion: sources.knative.dev/v1',
        'kind: KafkaSource',
        'metadata:',
        '  name: Orders',
        '  labels: { kafkasources.sources.knative.dev/key-type: long }',
        'spec:',
        '  bootstrapServers: localhost:9092',
        '  topics: [orders, 7]',
        '  consumerGruop: orders',
        '  initialOffset: middle',
        '  delivery:',
        '    retry: "3"',
        '    backoffDelay: 500ms',
        '    deadLetterSink: {}',
        '  sink:',
        '    ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: ordres }'
      ].join('\n'),
      'service.yaml': service('orders', '')
    })
    expect(text.replaceAll(/^service.*\n/gm, '')).toMatchInlineSnapshot(`
      "source.yaml:4 error metadata.name: invalid value: "Orders"; a name holds lower case letters, digits, '-' and '.', and starts and ends with a letter or digit
      source.yaml:5 error metadata.labels[kafkasources.sources.knative.dev/key-type]: invalid value: "long"; use string, int, float, byte-array. kubectl apply takes it, and then READY is False: the consumer is refused
      source.yaml:7 error spec.bootstrapServers: expected a list, got "localhost:9092"; write it as a list: [localhost:9092]
      source.yaml:8 error spec.topics[1]: expected a text, got number 7; write it in quotes: "7"
      source.yaml:9 error spec.consumerGruop: unknown field "consumerGruop"; did you mean "consumerGroup"?
      source.yaml:10 error spec.initialOffset: invalid value: "middle"; use earliest or latest
      source.yaml:12 error spec.delivery.retry: expected a whole number, got "3"; write it without quotes: 3
      source.yaml:13 error spec.delivery.backoffDelay: invalid value: "500ms" is not an ISO 8601 duration (it must start with P); write PT0.5S. kubectl apply takes it, and then READY is False: failed to reconcile consumer group
      source.yaml:14 error spec.delivery.deadLetterSink: expected a ref or a uri, got neither: it says where the events go. kubectl apply takes it, and then READY is False: failed to reconcile consumer group
      source.yaml:16 missing spec.sink.ref.name: no file declares the Service default/ordres; did you mean "orders"? kubectl apply takes it, and then READY is False until it exists. If it is elsewhere: --resolve default/ordres=URL, or --sink URL for all that no file declares"
    `)
  })

  test('of a file that is not YAML are reported beside those of the others', async () => {
    const { text } = await load({
      'a.yaml': 'spec: [1, 2\nkind: x\n',
      'b.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {}\n'
    })
    expect(text).toMatch(/^a\.yaml:\d error this is not valid YAML: /)
    expect(text).toContain('b.yaml:3 error metadata.name: missing field')
  })

  test('say where a key is written twice', async () => {
    const { text } = await load({ 'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nkind: ConfigMap\n' })
    expect(text).toBe('a.yaml:4 warning the key kind stands twice; kubectl takes the last. Remove one')
  })

  test('say that YAML 1.1 reads yes and on as booleans, as kubectl does', async () => {
    const { text } = await load({
      'source.yaml': source(
        'topics: [orders], sink: { uri: http://example.com }, ceOverrides: { extensions: { fast: yes } }'
      )
    })
    expect(text).toContain(
      'spec.ceOverrides.extensions.fast: expected a text, got boolean true; write it in quotes: "yes"'
    )
  })

  test('the versions of Strimzi before 1.0 are taken with a warning', async () => {
    const { text, plan } = await load({
      'a.yaml':
        'apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic\nmetadata: { name: a, labels: { strimzi.io/cluster: c } }\nspec: { partitions: 1, replicas: 1 }\n---\napiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: { name: c }\n'
    })
    expect(plan?.kafkaTopics).toHaveLength(1)
    expect(text.match(/warning apiVersion: Strimzi 1\.0 and later serve this (KafkaTopic|Kafka) as/g)).toHaveLength(2)
  })

  test.for([
    ['and', 'all'],
    ['or', 'any'],
    ['every', 'all'],
    ['some', 'any'],
    ['sql', 'cesql'],
    ['prefx', 'prefix']
  ] as const)('a suggestion never changes the meaning of a filter: %s is %s', async ([written, meant]) => {
    const { text } = await load({ 'trigger.yaml': trigger('own', `filters: [{ ${written}: [] }]`) })
    expect(text).toContain(`unknown field "${written}"; did you mean "${meant}"?`)
  })

  test('of two names that are equally near none is suggested', async () => {
    const { text } = await load({
      'service.yaml': service('orders', '').replace(
        'spec:',
        'spec: { template: { metadata: { annotations: { autoscaling.knative.dev/mix-scale: "1" } }, spec: { containers: [{ image: a/b }] } } }\n#'
      )
    })
    expect(text).not.toContain('did you mean')
  })

  test.for([
    ['knative.dev/dependency', 'none', 'is not an object reference; write JSON'],
    [
      'knative.dev/dependency',
      '{"kind": "PingSource", "name": "p", "apiVersion": "sources.knative.dev/v1", "namespace": "x"}',
      'namespace must be empty or "default"'
    ],
    ['knative.dev/dependency', '{"name": "p", "apiVersion": "v1"}', 'missing field kind'],
    ['eventing.knative.dev/injection', 'on', 'use enabled or disabled'],
    ['eventing.knative.dev/injection', 'enabled', 'works for the Broker default only']
  ] as const)('annotation %s of a Trigger: %s', async ([annotation, value, expected]) => {
    const { text } = await load({
      'trigger.yaml': trigger('own', '').replace('name: own', `name: own, annotations: { ${annotation}: '${value}' }`)
    })
    expect(text).toContain(`error metadata.annotations[${annotation}]: `)
    expect(text).toContain(expected)
  })

  test('a sink without ref is answered with what to put under it, once', async () => {
    const { text } = await load({
      'source.yaml': source('topics: [a], sink: { apiVersion: v1, kind: Service, name: web }')
    })
    expect(text.match(/ error /g)).toHaveLength(1)
    expect(text).toContain(
      'spec.sink.apiVersion: put apiVersion, kind, name under ref: { ref: { apiVersion: v1, kind: Service, name: web } }'
    )
  })

  test('a Broker of another class gets no complaint about the ConfigMap of this one', async () => {
    const { errors } = await load({
      'broker.yaml':
        'apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: { name: b, annotations: { eventing.knative.dev/broker.class: MTChannelBasedBroker } }\n'
    })
    expect(errors).toHaveLength(1)
  })

  test('a KafkaTopic needs a spec, and a KafkaConnector a class', async () => {
    const strimzi = (kind: string, rest: string) =>
      `apiVersion: kafka.strimzi.io/v1\nkind: ${kind}\nmetadata: { name: a, labels: { strimzi.io/cluster: c } }\n${rest}`
    const { text } = await load({
      'topic.yaml': strimzi('KafkaTopic', ''),
      'connector.yaml': strimzi('KafkaConnector', 'spec: { tasksMax: 1 }\n')
    })
    expect(text).toContain('topic.yaml:1 error spec: missing field')
    expect(text).toContain('error spec.class: missing field. kubectl apply takes it, and then READY is False')
  })

  test('name the earlier of two objects with one name', async () => {
    const { text } = await load({
      'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n',
      'b.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n'
    })
    expect(text).toBe(
      'b.yaml:4 error metadata.name: Secret a is declared already in a.yaml:1; the later would overwrite the earlier. Rename or remove one'
    )
  })

  test.for([
    [
      'apiVersion: sources.knative.dev/v1\nkind: KafkaSorce',
      'a.yaml:2 error kind: no matches for kind "KafkaSorce" in "sources.knative.dev/v1"; did you mean KafkaSource?'
    ],
    [
      'apiVersion: kafka.strimzi.io/v1beta1\nkind: KafkaTopic\nspec: { partitions: 1, replicas: 1 }',
      'a.yaml:1 error apiVersion: no matches for kind "KafkaTopic" in version "kafka.strimzi.io/v1beta1"; write kafka.strimzi.io/v1; Strimzi 1.0 removed the older ones'
    ],
    [
      'apiVersion: eventing.knative.dev/v1\nkind: KafkaSink',
      'a.yaml:1 error apiVersion: no matches for kind "KafkaSink" in version "eventing.knative.dev/v1"; write eventing.knative.dev/v1alpha1'
    ],
    [
      'apiVersion: flows.knative.dev/v1\nkind: Sequence',
      'a.yaml:2 error kind: a Sequence is not supported here: the local data plane runs KafkaSources, KafkaSinks, and Brokers of class Kafka with their Triggers'
    ],
    [
      'apiVersoin: v1\nkind: Secret',
      'a.yaml:1 error apiVersoin: missing field apiVersion; did you mean "apiVersion" by "apiVersoin"?'
    ]
  ] as const)('of a kind that is not served: %s', async ([head, expected]) => {
    const { text } = await load({ 'a.yaml': `${head}\nmetadata: { name: a }\n` })
    expect(text).toBe(expected)
  })

  test('a reference that leads nowhere suggests the near name, and a version that is not served the right one', async () => {
    const to = (ref: string) =>
      load({
        'source.yaml': source(`topics: [orders], sink: { ref: { ${ref} } }`),
        'service.yaml': service('orders', '')
      })
    expect((await to('apiVersion: serving.knative.dev/v1, kind: Service, name: ordres')).text).toContain(
      'no file declares the Service default/ordres; did you mean "orders"?'
    )
    expect(
      (await to('apiVersion: serving.knative.dev/v1, kind: Service, name: orders, namespace: shop')).text
    ).toContain('no file declares the Service shop/orders; there is one in namespace default')
    expect((await to('apiVersion: serving.knative.dev/v1beta1, kind: Service, name: orders')).text).toContain(
      'no matches for kind "Service" in version "serving.knative.dev/v1beta1"; write serving.knative.dev/v1'
    )
    expect((await to('apiVersion: messaging.knative.dev/v1, kind: Channel, name: orders')).text).toContain(
      'missing spec.sink.ref.kind: the Channel default/orders has no address here. If it is elsewhere: --resolve default/orders=URL'
    )
    expect((await to('apiVersion: v1, kind: Service, name: orders')).errors).toEqual([])
  })

  test('a Trigger of a Broker elsewhere reads the topic that Knative gives it', async () => {
    const files = { 'trigger.yaml': trigger('own', 'delivery: { retry: 1 }') }
    const alone = await load(files)
    expect(alone.text).toContain('missing spec.broker: no file declares the Broker default/events')
    expect(alone.plan?.brokers).toEqual([])
    const { plan, text } = await load(files, { resolved: new Set(['default/events']) })
    expect(text).not.toContain('missing')
    expect(plan?.brokers).toMatchObject([{ topic: 'knative-broker-default-events', externalTopic: true }])
    expect((await load(files, { resolved: new Set(['default/evnts']) })).text).toContain('did you mean "evnts"?')
  })

  test('a reference that is resolved from elsewhere is none', async () => {
    const files = {
      'source.yaml': source(
        'topics: [orders], sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: orders } }'
      )
    }
    const model =
      'topics: [orders], sink: { ref: { apiVersion: serving.kserve.io/v1beta1, kind: InferenceService, name: model } }'
    const miss = await load({ 'source.yaml': source(model) }, { resolved: new Set(['default/modell']) })
    expect(miss.text).toContain('the InferenceService default/model has no address here; did you mean "modell"?')
    expect((await load(files, { complete: true })).text).toContain('error spec.sink.ref.name')
    expect((await load(files)).text).toContain('missing spec.sink.ref.name')
    expect((await load(files, { anySink: true })).text).not.toContain('missing')
    expect((await load(files, { resolved: new Set(['default/orders']) })).errors).toEqual([])
  })

  test('a topic needs a KafkaTopic, or a KafkaSink or Broker that creates it, where topics are required', async () => {
    const topic =
      'apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: orders, labels: { strimzi.io/cluster: a } }\nspec: { topicName: all_orders, partitions: 1, replicas: 1 }\n'
    const files = {
      'source.yaml': source(
        'topics: [all_orders, all_order, dead, knative-broker-default-events], sink: { uri: http://example.com }'
      ),
      'topic.yaml': topic,
      'broker.yaml': `${brokerConfig}---\n${broker('')}`
    }
    const sink = (more: string) =>
      `apiVersion: eventing.knative.dev/v1alpha1\nkind: KafkaSink\nmetadata: { name: dead }\nspec: { topic: dead, bootstrapServers: [a:1]${more} }\n`
    expect((await load(files)).errors).toEqual([])
    const { text } = await load({ ...files, 'sink.yaml': sink('') }, { complete: true })
    expect(text).toContain('spec.topics[1]: no KafkaTopic declares the topic "all_order"; did you mean "all_orders"?')
    expect(text).toContain('spec.topics[2]: no KafkaTopic declares the topic "dead"')
    expect(text).toContain('sink.yaml:4 error spec.topic: no KafkaTopic declares the topic "dead"')
    const created = await load(
      { ...files, 'sink.yaml': sink(', numPartitions: 1, replicationFactor: 1') },
      { complete: true }
    )
    expect(created.errors.map(({ path }) => path)).toEqual(['spec.topics[1]'])
  })
})
