import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestKafka, type TestKafka } from '../../testing/kafka.ts'
import type { Broker, KafkaSink, KafkaTopic, Plan } from '../../manifests/plan.ts'
import { createTopicMaker } from './topic-maker.ts'
import { until } from '../../until.ts'

const origin = { file: 'test.yaml', line: 1 }
let kafka: TestKafka
beforeAll(async () => void (kafka = await startTestKafka(1)), 120_000)
afterAll(() => kafka.stop())

test('topics that Kafka refuses are reported by name and reason, and the others of the same edit are made', async () => {
  const { maker, reports } = await start([
    topic('good_one'),
    topic('too_many_replicas', { replicas: 5 }),
    topic('misspelt', { config: { 'cleanup.policy': 'compactt', 'retention.ms': '1000' } }),
    topic('unknown_key', { config: { 'retention.msec': '1000' } }),
    topic('zz.one'),
    topic('good_two')
  ])
  const names = maker.topics().map(one => one.topic)
  expect(names).toEqual(expect.arrayContaining(['good_one', 'good_two', 'zz.one']))
  expect(Object.fromEntries(maker.problems())).toEqual({
    too_many_replicas: kafkaError(/InvalidReplicationFactorException: .*replication factor of 5/),
    misspelt: kafkaError(/InvalidConfigurationException: Invalid value compactt for configuration cleanup\.policy/),
    unknown_key: kafkaError(/InvalidConfigurationException: Unknown topic config name: retention\.msec/)
  })
  expect(
    reports.filter(sentence => /test\.yaml:1 topic misspelt is refused by Kafka: .*compactt/.test(sentence))
  ).toHaveLength(1)

  await maker.apply(plan([topic('good_one'), topic('misspelt', { config: { 'cleanup.policy': 'compact' } })]))
  expect(maker.problems().size).toBe(0)
  await maker.apply(plan([topic('zz.one'), topic('zz_one'), topic('good_three')]))
  expect(Object.fromEntries(maker.problems())).toEqual({
    zz_one: kafkaError(/InvalidTopicException: Topic 'zz_one' collides with existing topic: zz\.one/)
  })
  expect(maker.topics().map(one => one.topic)).toContain('good_three')
  await expect.poll(() => configOf('misspelt')).toEqual({ 'cleanup.policy': 'compact' })
})

test('a topic of too many partitions, or of a name that collides in the same edit, is the only one that is refused', async () => {
  const { maker } = await start([
    topic('aa.one'),
    topic('aa_one'),
    topic('huge', { partitions: 100_001 }),
    topic('small')
  ])
  expect(Object.fromEntries(maker.problems())).toEqual({
    aa_one: kafkaError(/InvalidTopicException: Topic 'aa_one' collides with existing topic: aa\.one/),
    huge: kafkaError(/PolicyViolationException: Excessively large number of partitions/)
  })
  expect(maker.topics().map(one => one.topic)).toContain('small')
})

test('an edited configuration is set and logged, and what is taken out of the YAML is reset', async () => {
  const { maker, reports } = await start([
    topic('configured', { config: { 'retention.ms': '1000', 'segment.ms': '500' } })
  ])
  const edit = async (config: Record<string, string>) => {
    reports.length = 0
    await maker.apply(plan([topic('configured', { config })]))
    return reports
  }
  expect(await edit({ 'retention.ms': '2000' })).toEqual([
    'topic configured: retention.ms 2000 instead of 1000, segment.ms its default instead of 500'
  ])
  await expect.poll(() => configOf('configured')).toEqual({ 'retention.ms': '2000' })
  expect(await edit({})).toEqual(['topic configured: retention.ms its default instead of 2000'])
  await expect.poll(() => configOf('configured')).toEqual({})
  expect(await edit({})).toEqual([])
  expect(await edit({ 'retention.ms': 'long' })).toEqual([
    expect.stringContaining('Invalid value long for configuration retention.ms')
  ])
  expect(maker.problems().get('configured')).toMatchObject({ reason: 'KafkaError' })
})

test('what a running topic cannot change is reported in the words of Strimzi, and nothing else of the edit waits for it', async () => {
  const { maker } = await start([topic('shrinks', { partitions: 3 }), topic('grows')])
  await maker.apply(plan([topic('shrinks', { partitions: 2 }), topic('grows', { partitions: 2 })]))
  expect(maker.problems().get('shrinks')).toEqual({
    reason: 'NotSupported',
    message: 'Decreasing partitions not supported (it has 3)'
  })
  await expect.poll(maker.topics).toContainEqual({ topic: 'grows', partitions: 2, replicas: 1 })
})

test('a topic that is deleted although the YAML has it is made again, and that is reported by name', async () => {
  const { maker, reports } = await start([topic('deleted', { partitions: 2, config: { 'retention.ms': '1000' } })])
  await kafka.admin.deleteTopics({ topics: ['deleted'] })
  await until('the report', 20_000, async () =>
    reports.some(sentence => sentence.startsWith('topic deleted was deleted'))
  )
  await until('it to be made again', 20_000, async () => (await kafka.admin.listTopics()).includes('deleted'))
  await expect.poll(() => configOf('deleted')).toEqual({ 'retention.ms': '1000' })
  await until('it to be seen', 20_000, async () =>
    maker.topics().some(one => one.topic === 'deleted' && one.partitions === 2)
  )
})

test('a Broker and a KafkaSink get the topics that Knative would make, with no more replicas than there are brokers, and an edit leaves them', async () => {
  const broker = (partitions: number, externalTopic = false): Broker => ({
    namespace: 'test',
    name: 'default',
    bootstrapServers: [],
    topic: externalTopic ? 'of-somebody-else' : 'of-broker',
    externalTopic,
    partitions,
    replicationFactor: 3,
    topicConfig: { 'retention.ms': '1000' },
    delivery: { retry: 0, backoffPolicy: 'linear', backoffDelayMs: 100, timeoutMs: 5000 },
    origin
  })
  const sink = (name: string, size: Pick<KafkaSink, 'numPartitions' | 'replicationFactor'>): KafkaSink => ({
    namespace: 'test',
    name,
    bootstrapServers: [],
    topic: name,
    contentMode: 'binary',
    origin,
    ...size
  })
  const { maker } = await start([], {
    brokers: [broker(2), broker(2, true)],
    kafkaSinks: [sink('sized', { numPartitions: 2, replicationFactor: 3 }), sink('unsized', {})]
  })
  const made = () => maker.topics().filter(one => /of-|sized/.test(one.topic))
  expect(made().toSorted((a, b) => a.topic.localeCompare(b.topic))).toEqual([
    { topic: 'of-broker', partitions: 2, replicas: 1 },
    { topic: 'sized', partitions: 2, replicas: 1 }
  ])
  await expect.poll(() => configOf('of-broker')).toEqual({ 'retention.ms': '1000' })
  await maker.apply({ ...plan([]), brokers: [broker(4)] })
  expect(maker.problems().size).toBe(0)
  expect(maker.topics()).toContainEqual({ topic: 'of-broker', partitions: 2, replicas: 1 })
})

async function start(topics: readonly KafkaTopic[], more: Partial<Plan> = {}) {
  const reports: string[] = []
  const maker = createTopicMaker({
    bootstrap: kafka.bootstrap,
    plan: { ...plan(topics), ...more },
    report: sentence => void reports.push(sentence)
  })
  onTestFinished(maker.stop)
  await maker.start()
  return { maker, reports }
}

function topic(name: string, spec: Partial<KafkaTopic> = {}): KafkaTopic {
  return {
    name: name.replaceAll('_', '-'),
    namespace: 'test',
    topic: name,
    partitions: 1,
    replicas: 1,
    config: {},
    origin,
    ...spec
  }
}

function plan(kafkaTopics: readonly KafkaTopic[]): Plan {
  return {
    kafkaTopics,
    objects: [],
    kafkaSources: [],
    kafkaSinks: [],
    brokers: [],
    triggers: [],
    services: [],
    kafkaConnectors: []
  }
}

function kafkaError(message: RegExp) {
  return { reason: 'KafkaError', message: expect.stringMatching(message) }
}

/** What is set on the topic itself. Kafka answers a change when its controller has it, which may be before a broker shows it. */
async function configOf(name: string): Promise<Record<string, string>> {
  const { resources } = await kafka.admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] })
  const own = resources[0]?.configEntries.filter(({ configSource }) => configSource === 1) ?? []
  return Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))
}
