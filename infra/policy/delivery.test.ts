// An accepted event must never vanish: Knative drops it where delivery settings are left to their defaults.
import { describe, expect, test } from 'vitest'
import {
  Broker,
  broker,
  type Delivery,
  KafkaSink,
  kafkaSink,
  KafkaSource,
  kafkaSource,
  KafkaTopic,
  kafkaTopic,
  Service,
  service,
  Trigger,
  trigger
} from './kinds.ts'
import { dashed } from '../new/names.ts'
import { readDeclarations } from '../derived/declarations.ts'
import { objectsOf, overlays } from './render.ts'

/** The Services of functions that handle each event once, in PostgreSQL. */
const ordered = new Set((await readDeclarations()).flatMap(({ name, order }) => (order ? [dashed(name)] : [])))

describe.each(overlays)('in %s', overlay => {
  const sources = objectsOf(overlay, kafkaSource, KafkaSource)
  const triggers = objectsOf(overlay, trigger, Trigger)
  const brokers = objectsOf(overlay, broker, Broker)
  const topics = objectsOf(overlay, kafkaTopic, KafkaTopic).map(({ spec }) => spec.topicName)

  test('every source starts at the earliest record, and keeps the order of a partition where PostgreSQL keeps none', () => {
    expect(sources.map(({ metadata }) => metadata.name)).not.toEqual([])
    for (const { metadata, spec } of sources) {
      const ordering = ordered.has(spec.sink.ref.name) ? 'unordered' : 'ordered'
      expect(spec, metadata.name).toMatchObject({ initialOffset: 'earliest', ordering })
    }
  })

  test('every source, the Broker and every Trigger retry with a backoff that Knative can read, and have a dead letter sink', () => {
    const own = [...sources, ...brokers, ...triggers].flatMap(({ metadata, spec }) =>
      spec.delivery ? [{ name: metadata.name, delivery: spec.delivery }] : []
    )
    for (const { metadata, spec } of [...sources, ...brokers]) {
      expect(spec.delivery, `${metadata.name}: spec.delivery is missing in its YAML in knative/`).toBeDefined()
    }
    for (const { metadata, spec } of triggers) {
      const cure = `${metadata.name}: without a delivery of its own, spec.broker must name a Broker that has one`
      expect(spec.delivery ?? brokers.find(one => one.metadata.name === spec.broker)?.spec.delivery, cure).toBeDefined()
    }
    for (const { name, delivery } of own) {
      expect(delivery.retry, name).toBeGreaterThan(0)
      expect(secondsOf(delivery.backoffDelay), name).toBeGreaterThanOrEqual(0.1) // below it Knative does not retry
      expect(secondsOf(delivery.timeout), name).toBeGreaterThan(0)
      expect(delivery.deadLetterSink.ref.kind, name).toBe('KafkaSink')
    }
  })

  test('no record blocks its partition for more than a quarter of an hour', () => {
    for (const { metadata, spec } of sources) expect(worstCaseSeconds(spec.delivery), metadata.name).toBeLessThan(900)
  })

  test('a Service outlasts the wait of a delivery', () => {
    const longestWait = Math.max(...sources.map(({ spec }) => secondsOf(spec.delivery.timeout)))
    for (const { metadata, spec } of objectsOf(overlay, service, Service)) {
      expect(spec.template.spec.timeoutSeconds, metadata.name).toBeGreaterThan(longestWait)
    }
  })

  test('dead letters do not loop: what reads them has another dead letter sink', () => {
    const sinkTopics = new Map(
      objectsOf(overlay, kafkaSink, KafkaSink).map(({ metadata, spec }) => [metadata.name, spec.topic])
    )
    for (const { metadata, spec } of sources) {
      const deadLetterTopic = sinkTopics.get(spec.delivery.deadLetterSink.ref.name)
      expect(spec.topics, metadata.name).not.toContain(deadLetterTopic)
      const readersOfIt = sources.filter(other => other.spec.topics.includes(deadLetterTopic ?? ''))
      for (const reader of readersOfIt) {
        expect(sinkTopics.get(reader.spec.delivery.deadLetterSink.ref.name)).not.toBe(deadLetterTopic)
      }
    }
  })

  test('every destination, and every topic that is read or written, exists', () => {
    const exists = new Set([
      ...objectsOf(overlay, service, Service).map(({ metadata }) => `Service ${metadata.name}`),
      ...objectsOf(overlay, kafkaSink, KafkaSink).map(({ metadata }) => `KafkaSink ${metadata.name}`)
    ])
    for (const { metadata, spec } of sources) {
      expect(exists, metadata.name).toContain(`${spec.sink.ref.kind} ${spec.sink.ref.name}`)
      expect(exists, metadata.name).toContain(`KafkaSink ${spec.delivery.deadLetterSink.ref.name}`)
      for (const topic of spec.topics) expect(topics, metadata.name).toContain(topic)
    }
    for (const { metadata, spec } of triggers) {
      expect(exists, metadata.name).toContain(`Service ${spec.subscriber.ref.name}`)
      expect(
        brokers.map(found => found.metadata.name),
        metadata.name
      ).toContain(spec.broker)
    }
    for (const { metadata, spec } of objectsOf(overlay, kafkaSink, KafkaSink)) {
      expect(topics, metadata.name).toContain(spec.topic)
    }
  })

  test('no two sources share a consumer group, and each is named after its source', () => {
    for (const { metadata, spec } of sources) expect(spec.consumerGroup).toBe(metadata.name)
    expect(new Set(sources.map(({ spec }) => spec.consumerGroup)).size).toBe(sources.length)
  })
})

/** ISO 8601 as far as Knative reads it here: seconds, with one decimal. */
function secondsOf(duration: string): number {
  const seconds = /^PT(\d+(?:\.\d)?)S$/.exec(duration)?.[1]
  if (seconds === undefined) throw new Error(`not PTnS with at most one decimal: ${duration}`)
  return Number(seconds)
}

/** Every try times out. Exponential: the n-th retry waits delay * 2^n; linear: delay * n. */
function worstCaseSeconds({ retry, backoffPolicy, backoffDelay, timeout }: Delivery): number {
  const waits = Array.from({ length: retry }, (_, index) =>
    backoffPolicy === 'exponential' ? 2 ** (index + 1) : index + 1
  )
  return secondsOf(backoffDelay) * waits.reduce((sum, wait) => sum + wait, 0) + secondsOf(timeout) * (retry + 1)
}
