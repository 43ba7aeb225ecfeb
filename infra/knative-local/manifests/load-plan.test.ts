import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadPlan, type LoadOptions } from './load-plan.ts'
import { formatProblems } from './problem.ts'

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

describe('paths', () => {
  const secret = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n`

  test('a directory stands for its own YAML files, in the order of their names', async () => {
    const { plan, files } = await load({
      'b.yml': secret('b'),
      'a.yaml': secret('a'),
      'c.json': '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}',
      'below/d.yaml': secret('d')
    })
    expect(plan?.objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    expect(files).toHaveLength(3)
  })

  test('a kustomization stands for its resources, with its namespace and labels', async () => {
    const { plan, problems } = await load({
      'kustomization.yaml':
        'namespace: shop\nlabels: [{ pairs: { team: blue } }]\nresources: [a.yaml, base]\nimages: [{ name: a }]\n',
      'a.yaml': secret('a'),
      'not-listed.yaml': secret('x'),
      'base/kustomization.yaml': 'namespace: other\nresources: [b.yaml]\n',
      'base/b.yaml': secret('b')
    })
    expect(problems).toEqual([])
    expect(plan?.objects.map(({ metadata }) => metadata)).toMatchObject([
      { name: 'a', namespace: 'shop', labels: { team: 'blue' } },
      { name: 'b', namespace: 'shop', labels: { team: 'blue' } }
    ])
  })

  test('what a kustomization cannot do here is an error that names the field', async () => {
    const { text, plan } = await load({
      'kustomization.yaml': 'resources: [a.yaml]\ntransformers: [t.yaml]\nnamePrefx: a-\n',
      'a.yaml': secret('a')
    })
    expect(plan).toBeUndefined()
    expect(text).toContain('kustomization.yaml:2 error transformers: not supported here')
    expect(text).toContain(
      'kustomization.yaml:3 error namePrefx: unknown field "namePrefx"; did you mean "namePrefix"?'
    )
  })

  test('a problem is reported where it was written: in the patch, or in the object that it patches', async () => {
    const { text } = await load({
      'kustomization.yaml':
        'resources: [source.yaml]\npatches:\n  - path: patch.yaml\n  - target: { kind: KafkaSource }\n    patch: |\n      - { op: add, path: /spec/consumers, value: many }\n',
      'source.yaml': source('topics: [orders], initialOffset: middle, sink: { uri: http://example.com }'),
      'patch.yaml':
        'apiVersion: sources.knative.dev/v1\nkind: KafkaSource\nmetadata: { name: orders }\nspec:\n  delivery:\n    retry: many\n  ordering: sorted\n'
    })
    expect(text).toContain('patch.yaml:6 error spec.delivery.retry: expected a whole number')
    expect(text).toContain('patch.yaml:7 error spec.ordering: invalid value: "sorted"')
    expect(text).toMatch(/^source\.yaml:\d error spec\.initialOffset/m)
    expect(text).toContain('kustomization.yaml:5 error spec.consumers: expected a whole number')
  })

  test('a missing resource, a remote one, a loop and a missing path are errors', async () => {
    const { text } = await load(
      {
        'kustomization.yaml': 'resources:\n  - gone.yaml\n  - https://example.com/x.yaml\n  - loop\n',
        'loop/kustomization.yaml': 'resources: [../loop]\n'
      },
      {},
      ['.', 'nowhere']
    )
    expect(text).toContain('kustomization.yaml:2 error resources[0]: resource gone.yaml does not exist')
    expect(text).toContain(
      'kustomization.yaml:3 error resources[1]: resource https://example.com/x.yaml is not a local file; remote ones are not read here'
    )
    expect(text).toContain(
      'loop/kustomization.yaml:1 error resources[0]: this kustomization lists itself, by way of its resources'
    )
    expect(text).toContain('nowhere:1 error no such file or directory')
  })

  test('files that hold no Kubernetes object are skipped, and said to be', async () => {
    const { text, plan } = await load({
      'skaffold.yaml': 'apiVersion: skaffold/v4beta14\nkind: Config\n',
      'values.yaml': 'replicas: 1\n',
      'empty.yaml': '# nothing\n'
    })
    expect(plan?.objects).toEqual([])
    expect(text.split('\n')).toEqual(
      ['empty.yaml', 'skaffold.yaml', 'values.yaml'].map(
        file => `${file}:1 warning holds no Kubernetes object; skipped`
      )
    )
  })
})

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

describe('warnings say what Knative would do', () => {
  const complete = 'topics: [orders], consumerGroup: orders, initialOffset: earliest, sink: { uri: http://example.com }'

  test.for([
    [
      '',
      'spec.delivery: no delivery: an event that still fails after 10 retries (10 minutes of backoff, its partition waiting) is lost. Set delivery.deadLetterSink together with retry'
    ],
    [
      'delivery: { retry: 3 }',
      'spec.delivery: no deadLetterSink: an event that still fails after its retries is committed and lost'
    ],
    [
      'delivery: { deadLetterSink: { uri: http://example.com } }',
      'spec.delivery: delivery without retry: Knative does not fill in its default here, it tries once only. Set retry (and backoffPolicy, backoffDelay, timeout)'
    ],
    [
      'delivery: { retry: 3, backoffDelay: PT0.05S, deadLetterSink: { uri: http://example.com } }',
      'spec.delivery.backoffDelay: PT0.05S counts as 0: Knative keeps one decimal of a second, and its data plane cannot wait 0 ms, so no retry is made. Use PT0.1S or more'
    ],
    [
      'delivery: { retry: 3, backoffDelay: PT0.25S, deadLetterSink: { uri: http://example.com } }',
      'spec.delivery.backoffDelay: PT0.25S counts as 200 ms: Knative keeps one decimal'
    ],
    [
      'delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }, consumers: 0',
      'spec.consumers: 0 consumers: Knative says READY True and delivers nothing'
    ],
    ['delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }', undefined]
  ] as const)('%s', async ([more, expected]) => {
    const { text, plan } = await load({ 'source.yaml': source(`${complete}${more === '' ? '' : `, ${more}`}`) })
    expect(plan).toBeDefined()
    expect(text).toBe(expected === undefined ? '' : `source.yaml:1 warning ${expected}`)
  })

  test('two sources in one consumer group share its events', async () => {
    const spec = `${complete}, delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }`
    const { text } = await load({ 'a.yaml': source(spec, 'a'), 'b.yaml': source(spec, 'b') })
    expect(text).toBe(
      'b.yaml:1 warning spec.consumerGroup: KafkaSource a has the consumer group "orders" too: each of the two gets only a part of the events. Give each its own'
    )
  })

  test('a misspelt annotation of a Service is ignored by Knative', async () => {
    const { text } = await load({
      'service.yaml': service('orders', 'metadata: { annotations: { autoscaling.knative.dev/minscale: "1" } },')
    })
    expect(text).toContain(
      'Knative does not know this annotation and ignores it; did you mean autoscaling.knative.dev/min-scale?'
    )
  })
})

function source(spec: string, name = 'orders'): string {
  return `{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: ${name} }, spec: { bootstrapServers: [localhost:9092], ${spec} } }\n`
}

function service(name: string, template: string): string {
  return `{ apiVersion: serving.knative.dev/v1, kind: Service, metadata: { name: ${name} }, spec: { template: { ${template} spec: { containers: [{ image: example.com/${name} }] } } } }\n`
}

const brokerConfig = `apiVersion: v1
kind: ConfigMap
metadata: { name: events }
data: { default.topic.partitions: "3", default.topic.replication.factor: "2", bootstrap.servers: "localhost:9092, localhost:9093", default.topic.config.retention.ms: "1000" }
`

function broker(more: string, annotations = '{ eventing.knative.dev/broker.class: Kafka }'): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: events, annotations: ${annotations} }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: events }${more === '' ? '' : `, ${more}`} }
`
}

function trigger(name: string, more: string): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: ${name} }
spec: { broker: events, subscriber: { uri: http://example.com }${more === '' ? '' : `, ${more}`} }
`
}

/** Loads files that are written for the test; `text` names them without the directory. */
async function load(files: Readonly<Record<string, string>>, options: LoadOptions = {}, paths = ['.']) {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), content)
  }
  const result = await loadPlan(
    paths.map(path => join(directory, path)),
    options
  )
  return {
    ...result,
    text: formatProblems(result.problems).replaceAll(`${directory}/`, ''),
    errors: result.problems.filter(({ level }) => level === 'error')
  }
}
