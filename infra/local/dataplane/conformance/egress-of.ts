import type { KafkaSource, Trigger } from '../../manifests/plan.ts'
import { egressesOf, type Egress } from '../egress.ts'
import { atPlace } from './compare.ts'
import type { Scenario } from './recordings.ts'

type Places = Parameters<typeof atPlace>[1]

const origin = { file: 'recording', line: 1 }

/** The KafkaSource or Trigger of a recording, its plain records handled as the recorded one did. */
export function egressOf(scenario: Scenario, places: Places): Egress {
  const { egress } = scenario
  const [made] = egressesOf({
    kafkaSources: egress.kind === 'KafkaSource' ? [kafkaSourceOf(scenario, places)] : [],
    triggers: egress.kind === 'Trigger' ? [triggerOf(scenario, places)] : [],
    brokers: [
      {
        namespace: egress.namespace,
        name: 'b',
        topic: egress.topic,
        partitions: 1,
        replicationFactor: 1,
        topicConfig: {},
        bootstrapServers: [],
        externalTopic: false,
        delivery: deliveryOf(egress, places),
        origin
      }
    ]
  })
  if (made === undefined) throw new Error(`no egress for ${scenario.about}`)
  return made
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
    broker: 'b',
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
