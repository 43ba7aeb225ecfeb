// What a Broker takes from its ConfigMap, and a Trigger from its Broker.
import type { BrokerInput } from './broker.ts'
import { installedConfig, installedConfigName, readBrokerConfig, type BrokerConfig } from './broker-config.ts'
import { brokerDefaults } from './delivery.ts'
import type { WrittenObject } from '../manifest-objects.ts'
import type { Broker, Trigger } from '../plan.ts'
import { formatPath, type Problem } from '../problem.ts'
import type { Read } from '../read-kind.ts'
import { isRecord } from '../is-record.ts'
import type { TriggerInput } from './trigger.ts'

export function resolveBroker(
  { entry: input, written }: Read<BrokerInput>,
  objects: readonly WrittenObject[],
  problems: Problem[]
): Broker {
  const { name, namespace, externalTopic, origin, config, delivery } = input
  const { partitions, replicationFactor, topicConfig, bootstrapServers } = findConfig(
    config,
    written,
    objects,
    problems
  )
  return {
    name,
    namespace,
    bootstrapServers,
    topic: externalTopic ?? `knative-broker-${namespace}-${name}`,
    externalTopic: externalTopic !== undefined,
    partitions,
    replicationFactor,
    topicConfig,
    delivery,
    origin
  }
}

function findConfig(
  config: BrokerInput['config'],
  written: WrittenObject,
  objects: readonly WrittenObject[],
  problems: Problem[]
): BrokerConfig {
  const configMap = objects.find(
    ({ object, metadata }) =>
      object.kind === 'ConfigMap' &&
      object.apiVersion === 'v1' &&
      metadata.name === config.name &&
      metadata.namespace === config.namespace
  )
  if (configMap !== undefined) {
    const data = isRecord(configMap.object.data) ? configMap.object.data : {}
    return readBrokerConfig(data, (key, message) =>
      problems.push({
        level: 'error',
        origin: configMap.document.locate([...configMap.path, 'data', key]),
        path: formatPath(['data', key]),
        message: `${message} (for the Broker ${written.metadata.namespace}/${written.metadata.name})`
      })
    )
  }
  if (config.namespace !== 'knative-eventing' || config.name !== installedConfigName) {
    problems.push({
      level: 'error',
      origin: written.document.locate([...written.path, 'spec', 'config', 'name']),
      path: 'spec.config.name',
      message: `no file declares the ConfigMap ${config.namespace}/${config.name}. kubectl apply takes it, and then the Broker is not READY`
    })
  }
  return installedConfig
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
