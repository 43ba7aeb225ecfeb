// Where an object sends events, and which Broker a Trigger has.
import { failsLater } from './kinds/consequence.ts'
import type { LoadOptions } from './load-plan.ts'
import type { Path } from './manifest-document.ts'
import type { WrittenObject } from './manifest-objects.ts'
import { nearestName } from './nearest-name.ts'
import { groupOf, meant, namesIn, ofKind, type Report, valueAt } from './object-lookup.ts'
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

export function checkSinks(objects: readonly WrittenObject[], options: LoadOptions, report: Report): void {
  for (const written of objects) {
    for (const path of destinations[written.kindKey ?? ''] ?? []) checkSink(written, path, objects, options, report)
  }
}

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
    const hint = meant(nearestName(name, namesIn(namespace, options)))
    const message = `the ${kind} ${namespace}/${name} has no address here${hint} ${whereItIs(namespace, name, options)}`
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

export function checkBrokers(objects: readonly WrittenObject[], options: LoadOptions, report: Report): void {
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

function isWritten(text: unknown): text is string {
  return typeof text === 'string' && text !== ''
}
