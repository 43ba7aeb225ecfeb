// What a Broker takes from its ConfigMap, and a Trigger from its Broker.
import type { BrokerInput } from './broker.ts'
import { installedConfig, installedConfigName, readBrokerConfig, type BrokerConfig } from './broker-config.ts'
import { brokerDefaults } from './delivery.ts'
import type { WrittenObject } from '../manifest-objects.ts'
import type { LoadOptions } from '../load-plan.ts'
import type { Broker, NamespacedName, Trigger } from '../plan.ts'
import { formatPath, type Problem } from '../problem.ts'
import type { Read } from '../read-kind.ts'
import { isRecord } from '../is-record.ts'
import type { TriggerInput } from './trigger.ts'

export function resolveBroker(
  { entry: input, written }: Read<BrokerInput>,
  objects: readonly WrittenObject[],
  options: LoadOptions,
  problems: Problem[]
): Broker[] {
  const { name, namespace, externalTopic, origin, config, delivery } = input
  const found = findConfig(config, written, objects, options, problems)
  if (found === undefined) return []
  const { partitions, replicationFactor, topicConfig, bootstrapServers, auth } = found
  const broker = {
    name,
    namespace,
    bootstrapServers,
    ...(auth && { auth }),
    topic: externalTopic ?? brokerTopic({ namespace, name }),
    externalTopic: externalTopic !== undefined,
    partitions,
    replicationFactor,
    topicConfig,
    delivery,
    origin
  }
  return [broker]
}

/** Brokers of the cluster whose Triggers are here: their topics exist, under the name that Knative gives them. */
export function brokersElsewhere(
  triggers: readonly Read<TriggerInput>[],
  brokers: readonly Broker[],
  { resolved }: LoadOptions
): Broker[] {
  const elsewhere = new Map<string, Broker>()
  for (const { entry } of triggers) {
    const { namespace, broker: name, origin } = entry
    const isHere = brokers.some(broker => broker.namespace === namespace && broker.name === name)
    if (isHere || resolved?.has(`${namespace}/${name}`) !== true) continue
    elsewhere.set(`${namespace}/${name}`, {
      ...installedConfig,
      bootstrapServers: [],
      namespace,
      name,
      topic: brokerTopic({ namespace, name }),
      externalTopic: true,
      delivery: brokerDefaults,
      origin
    })
  }
  return [...elsewhere.values()]
}

/** https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/config/eventing-kafka-broker/200-controller/100-config-kafka-features.yaml */
export function brokerTopic({ namespace, name }: NamespacedName): string {
  return `knative-broker-${namespace}-${name}`
}

function findConfig(
  config: BrokerInput['config'],
  written: WrittenObject,
  objects: readonly WrittenObject[],
  options: LoadOptions,
  problems: Problem[]
): BrokerConfig | undefined {
  const configMap = objects.find(
    ({ object, metadata }) =>
      object.kind === 'ConfigMap' &&
      object.apiVersion === 'v1' &&
      metadata.name === config.name &&
      metadata.namespace === config.namespace
  )
  if (configMap !== undefined) {
    const data = isRecord(configMap.object.data) ? configMap.object.data : {}
    return readBrokerConfig(data, config.namespace, (key, message) =>
      problems.push({
        level: 'error',
        origin: configMap.document.locate([...configMap.path, 'data', key]),
        path: formatPath(['data', key]),
        message: `${message} (for the Broker ${written.metadata.namespace}/${written.metadata.name})`
      })
    )
  }
  if (config.namespace === 'knative-eventing' && config.name === installedConfigName) return installedConfig
  problems.push({
    level: options.complete === true ? 'error' : 'missing',
    origin: written.document.locate([...written.path, 'spec', 'config', 'name']),
    path: 'spec.config.name',
    message: `no file declares the ConfigMap ${config.namespace}/${config.name}. kubectl apply takes it, and then the Broker is not READY`
  })
  return undefined
}

/** A Trigger's own delivery takes the place of its Broker's as a whole. */
export function resolveTrigger(
  { entry: input, written }: Read<TriggerInput>,
  brokers: readonly Broker[],
  problems: Problem[]
): Trigger {
  const owner = brokers.find(({ name, namespace }) => name === input.broker && namespace === input.namespace)
  const delivery = input.delivery ?? owner?.delivery ?? brokerDefaults
  if (delivery.deadLetterSink === undefined) {
    const whose =
      input.delivery === undefined
        ? 'neither the Trigger nor its Broker has'
        : "the delivery of the Trigger, which takes the place of its Broker's as a whole, has no"
    problems.push({
      level: 'warning',
      origin: written.document.locate([...written.path, 'spec', 'delivery']),
      path: 'spec.delivery',
      message: `${whose}${input.delivery === undefined ? ' a' : ''} deadLetterSink: an event that still fails after its retries is committed and lost`
    })
  }
  return { ...input, delivery }
}
