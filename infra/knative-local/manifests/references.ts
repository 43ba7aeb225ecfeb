// What one object says of another: sinks, Brokers, topics, consumer groups. It reads the objects as they are written, so that a
// wrong reference is told in the same breath as whatever else is wrong with the object.
import { failsLater } from './kinds/consequence.ts'
import type { LoadOptions } from './load-plan.ts'
import type { Path } from './manifest-document.ts'
import type { WrittenObject } from './manifest-objects.ts'
import { nearestName } from './nearest-name.ts'
import { formatPath, type Problem } from './problem.ts'
import { isRecord } from './is-record.ts'

/** Where an object may name a sink. */
const destinations: Readonly<Record<string, readonly Path[]>> = {
  'sources.knative.dev/KafkaSource': [
    ['spec', 'sink'],
    ['spec', 'delivery', 'deadLetterSink']
  ],
  'eventing.knative.dev/Broker': [['spec', 'delivery', 'deadLetterSink']],
  'eventing.knative.dev/Trigger': [
    ['spec', 'subscriber'],
    ['spec', 'delivery', 'deadLetterSink']
  ]
}

/** What is given an address here, by group and kind, with the version that a cluster serves. */
const sinkKinds: Readonly<Record<string, string>> = {
  'serving.knative.dev/Service': 'serving.knative.dev/v1',
  'eventing.knative.dev/Broker': 'eventing.knative.dev/v1',
  'eventing.knative.dev/KafkaSink': 'eventing.knative.dev/v1alpha1',
  '/Service': 'v1'
}

export function checkReferences(objects: readonly WrittenObject[], options: LoadOptions, problems: Problem[]): void {
  const report: Report = (level, { document, path }, at, message) =>
    problems.push({ level, origin: document.locate([...path, ...at]), path: formatPath(at), message })
  for (const written of objects) {
    for (const path of destinations[written.kindKey ?? ''] ?? []) checkSink(written, path, objects, options, report)
  }
  checkBrokers(objects, options, report)
  if (options.complete === true) checkTopics(objects, report)
  checkTopicNames(objects, report)
  checkConsumerGroups(objects, report)
  checkTopicPrefixes(objects, report)
}

type Report = (level: Problem['level'], of: WrittenObject, path: Path, message: string) => void

function checkSink(
  written: WrittenObject,
  path: Path,
  objects: readonly WrittenObject[],
  options: LoadOptions,
  report: Report
): void {
  const ref = valueAt(written.object, [...path, 'ref'])
  if (!isRecord(ref)) return
  const { apiVersion, kind, name } = ref
  if (!isWritten(apiVersion) || !isWritten(kind) || !isWritten(name)) return
  const namespace =
    typeof ref.namespace === 'string' && ref.namespace !== '' ? ref.namespace : written.metadata.namespace
  const group = groupOf(apiVersion)
  const served = group === '' && apiVersion !== 'v1' ? undefined : sinkKinds[`${group}/${kind}`]
  const version = Object.entries(sinkKinds).find(([key]) => key.endsWith(`/${kind}`))?.[1]
  if (served === undefined && version !== undefined) {
    const message = `${kind} of ${apiVersion} is not supported here as a sink; did you mean apiVersion: ${version}?`
    return report('error', written, [...path, 'ref', 'apiVersion'], message)
  }
  if (served !== undefined && apiVersion !== served) {
    const message = `no matches for kind "${kind}" in version "${apiVersion}"; write ${served}${failsLater('the sink cannot be resolved')}`
    return report('error', written, [...path, 'ref', 'apiVersion'], message)
  }
  if (options.anySink === true || options.resolved?.has(`${namespace}/${name}`) === true) return
  const level = options.complete === true ? 'error' : 'missing'
  if (served === undefined) {
    const message = `a ${kind} has no address here. ${whereItIs(namespace, name, options)}`
    return report(level, written, [...path, 'ref', 'kind'], message)
  }

  // Every Knative Service brings a Service of the core API under its own name.
  const candidates = objects.filter(
    ({ object }) => object.kind === kind && (groupOf(object.apiVersion) === group || apiVersion === 'v1')
  )
  if (candidates.some(({ metadata }) => metadata.name === name && metadata.namespace === namespace)) return
  const elsewhere = candidates.find(({ metadata }) => metadata.name === name)
  const near = nearestName(name, [...candidates.map(({ metadata }) => metadata.name), ...namesIn(namespace, options)])
  const hint = elsewhere === undefined ? meant(near) : `; there is one in namespace ${elsewhere.metadata.namespace}.`
  report(
    level,
    written,
    [...path, 'ref', 'name'],
    `no file declares the ${kind} ${namespace}/${name}${hint} kubectl apply takes it, and then READY is False until it exists${ending(namespace, name, options)}`
  )
}

function ending(namespace: string, name: string, options: LoadOptions): string {
  return options.complete === true ? '' : `. ${whereItIs(namespace, name, options)}`
}

function whereItIs(namespace: string, name: string, { complete }: LoadOptions): string {
  return complete === true
    ? 'A Knative Service, a Broker or a KafkaSink can receive events here'
    : `If it is elsewhere: --resolve ${namespace}/${name}=URL, or --sink URL for all that no file declares`
}

/** Names that were given with --resolve. */
function namesIn(namespace: string, { resolved }: LoadOptions): string[] {
  return [...(resolved ?? [])].flatMap(key =>
    key.startsWith(`${namespace}/`) ? [key.slice(namespace.length + 1)] : []
  )
}

function checkBrokers(objects: readonly WrittenObject[], options: LoadOptions, report: Report): void {
  const brokers = objects.filter(({ kindKey }) => kindKey === 'eventing.knative.dev/Broker')
  for (const written of ofKind(objects, 'eventing.knative.dev/Trigger')) {
    const name = valueAt(written.object, ['spec', 'broker'])
    if (typeof name !== 'string' || name === '') continue
    const inNamespace = brokers.filter(({ metadata }) => metadata.namespace === written.metadata.namespace)
    if (inNamespace.some(({ metadata }) => metadata.name === name)) continue
    const { namespace } = written.metadata
    if (options.resolved?.has(`${namespace}/${name}`) === true) continue
    const near = nearestName(name, [
      ...inNamespace.map(({ metadata }) => metadata.name),
      ...namesIn(namespace, options)
    ])
    const elsewhere =
      options.complete === true
        ? ''
        : `. If it is in the cluster whose Kafka this is: --resolve ${namespace}/${name}=URL`
    report(
      options.complete === true ? 'error' : 'missing',
      written,
      ['spec', 'broker'],
      `no file declares the Broker ${namespace}/${name}${meant(near)} kubectl apply takes it, and then READY stays empty${elsewhere}`
    )
  }
}

/** A topic comes from a KafkaTopic, or from the KafkaSink or Broker that creates it. */
function checkTopics(objects: readonly WrittenObject[], report: Report): void {
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

function checkTopicNames(objects: readonly WrittenObject[], report: Report): void {
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

function checkConsumerGroups(objects: readonly WrittenObject[], report: Report): void {
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
function checkTopicPrefixes(objects: readonly WrittenObject[], report: Report): void {
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

function isWritten(text: unknown): text is string {
  return typeof text === 'string' && text !== ''
}

function meant(near: string | undefined): string {
  return near === undefined ? '.' : `; did you mean "${near}"?`
}

function ofKind(objects: readonly WrittenObject[], key: string): WrittenObject[] {
  return objects.filter(({ kindKey }) => kindKey === key)
}

function grouped(
  objects: readonly WrittenObject[],
  key: (written: WrittenObject) => unknown
): [unknown, WrittenObject[]][] {
  return [...Map.groupBy(objects, key)]
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (isRecord(inner) ? inner[String(step)] : undefined), value)
}
