// Topics and groups: who makes a topic, and what two objects must not share.
import { failsLater } from './kinds/consequence.ts'
import type { Path } from './manifest-document.ts'
import type { WrittenObject } from './manifest-objects.ts'
import { nearestName } from './nearest-name.ts'
import { grouped, meant, ofKind, type Report, valueAt } from './object-lookup.ts'
import { isRecord } from './is-record.ts'

/** A topic comes from a KafkaTopic, or from the KafkaSink or Broker that creates it. */
export function checkTopics(objects: readonly WrittenObject[], report: Report): void {
  const declared = new Set([
    ...ofKind(objects, 'kafka.strimzi.io/KafkaTopic').map(topicOf),
    ...objects.flatMap(createdTopic)
  ])
  const check = (written: WrittenObject, path: Path, topic: unknown) => {
    if (typeof topic !== 'string' || declared.has(topic)) return
    const near = nearestName(topic, [...declared])
    report(
      'error',
      written,
      path,
      `no KafkaTopic declares the topic "${topic}"${meant(near)} kubectl apply takes it, and then READY is False until the topic exists`
    )
  }
  for (const written of ofKind(objects, 'sources.knative.dev/KafkaSource')) {
    const topics = valueAt(written.object, ['spec', 'topics'])
    for (const [index, topic] of Array.isArray(topics) ? topics.entries() : [])
      check(written, ['spec', 'topics', index], topic)
  }
  for (const written of ofKind(objects, 'eventing.knative.dev/KafkaSink'))
    check(written, ['spec', 'topic'], valueAt(written.object, ['spec', 'topic']))
  for (const written of ofKind(objects, 'eventing.knative.dev/Broker')) {
    const path = ['metadata', 'annotations', externalTopicAnnotation]
    check(written, path, valueAt(written.object, path))
  }
}

const externalTopicAnnotation = 'kafka.eventing.knative.dev/external.topic'

function createdTopic({ object, kindKey, metadata }: WrittenObject): string[] {
  if (kindKey === 'eventing.knative.dev/Broker') {
    return metadata.annotations?.[externalTopicAnnotation] === undefined
      ? [`knative-broker-${metadata.namespace}-${metadata.name}`]
      : []
  }
  const spec = object.spec
  if (kindKey !== 'eventing.knative.dev/KafkaSink' || !isRecord(spec) || typeof spec.topic !== 'string') return []
  return spec.numPartitions !== undefined && spec.replicationFactor !== undefined ? [spec.topic] : []
}

function topicOf({ object, metadata }: WrittenObject): string {
  const name = valueAt(object, ['spec', 'topicName'])
  return typeof name === 'string' ? name : metadata.name
}

export function checkTopicNames(objects: readonly WrittenObject[], report: Report): void {
  for (const [topic, [first, ...others]] of grouped(ofKind(objects, 'kafka.strimzi.io/KafkaTopic'), topicOf)) {
    for (const other of others) {
      if (other.metadata.name === first?.metadata.name) continue
      report(
        'error',
        other,
        ['spec', 'topicName'],
        `the topic "${topic}" is declared already by the KafkaTopic ${first?.metadata.name}${failsLater('ResourceConflict')}`
      )
    }
  }
}

export function checkConsumerGroups(objects: readonly WrittenObject[], report: Report): void {
  const groups = grouped(ofKind(objects, 'sources.knative.dev/KafkaSource'), ({ object }) =>
    valueAt(object, ['spec', 'consumerGroup'])
  )
  for (const [group, [first, ...others]] of groups) {
    if (typeof group !== 'string' || group === '') continue
    for (const other of others) {
      report(
        'warning',
        other,
        ['spec', 'consumerGroup'],
        `KafkaSource ${first?.metadata.name} has the consumer group "${group}" too: each of the two gets only a part of the events. Give each its own`
      )
    }
  }
}

/** Debezium registers under the prefix; the second connector of a worker looks RUNNING and reads nothing. */
export function checkTopicPrefixes(objects: readonly WrittenObject[], report: Report): void {
  const path = ['spec', 'config', 'topic.prefix']
  const connectors = ofKind(objects, 'kafka.strimzi.io/KafkaConnector')
  for (const [prefix, [first, ...others]] of grouped(connectors, ({ object }) => valueAt(object, path))) {
    if (prefix === undefined) continue
    for (const other of others) {
      report(
        'warning',
        other,
        path,
        `KafkaConnector ${first?.metadata.name} has the topic.prefix "${String(prefix)}" too: the second looks RUNNING and reads nothing. Give each its own`
      )
    }
  }
}
