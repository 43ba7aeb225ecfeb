import type { Broker, KafkaSource, Trigger } from '../../manifests/plan.ts'
import { egressesOf, type Egress } from '../egress/egress.ts'
import { atPlace, type Places } from './compare.ts'
import type { Scenario } from './recordings.ts'

const origin = { file: 'recording', line: 1 }

/** The KafkaSource or Trigger of a recording. */
export function egressOf(scenario: Scenario, places: Places): Egress {
  const isTrigger = scenario.egress.kind === 'Trigger'
  const [made] = egressesOf({
    kafkaSources: isTrigger ? [] : [kafkaSourceOf(scenario, places)],
    triggers: isTrigger ? [triggerOf(scenario, places)] : [],
    brokers: [brokerOf(scenario, places)]
  })
  if (made === undefined) throw new Error(`no egress for ${scenario.about}`)
  return made
}

/** Every recorded Trigger has a Broker of its own. */
export function brokerOf(scenario: Scenario, places: Places): Broker {
  const { namespace, name, topic } = scenario.egress
  return {
    namespace,
    name: `broker-of-${name}`,
    topic,
    bootstrapServers: [],
    externalTopic: true,
    partitions: 1,
    replicationFactor: 1,
    topicConfig: {},
    delivery: deliveryOf(scenario.egress, places),
    origin
  }
}

export function kafkaSourceOf({ egress }: Scenario, places: Places): KafkaSource {
  return {
    namespace: egress.namespace,
    name: egress.name,
    bootstrapServers: [],
    topics: [egress.topic],
    consumers: 1,
    consumerGroup: `group-${egress.name}`,
    initialOffset: 'earliest',
    ordering: egress.ordering,
    keyType: egress.keyType ?? 'string',
    delivery: deliveryOf(egress, places),
    sink: { uri: atPlace(egress.subscriber, places) },
    extensions: egress.extensions ?? {},
    origin
  }
}

export function triggerOf({ egress }: Scenario, places: Places): Trigger {
  return {
    namespace: egress.namespace,
    name: egress.name,
    broker: `broker-of-${egress.name}`,
    consumerGroup: `group-${egress.name}`,
    ordering: egress.ordering,
    filterAttributes: egress.filterAttributes ?? {},
    subscriber: { uri: atPlace(egress.subscriber, places) },
    delivery: deliveryOf(egress, places),
    origin
  }
}

function deliveryOf({ delivery }: Scenario['egress'], places: Places): KafkaSource['delivery'] {
  const { deadLetterSink, ...rest } = delivery
  return deadLetterSink === undefined ? rest : { ...rest, deadLetterSink: { uri: atPlace(deadLetterSink, places) } }
}
