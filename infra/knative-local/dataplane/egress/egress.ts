// An egress, Knative's word for what a KafkaSource and a Trigger have in common: records of some topics, read by one group, go to
// one subscriber.
import type { Delivery, Destination, KafkaSource, Ordering, Plan, Trigger } from '../../manifests/plan.ts'
import { brokerTopic } from '../../manifests/kinds/resolve-broker.ts'
import { compileFilter, type EventFilter } from '../events/filter.ts'
import type { KafkaPlace } from '../kafka/clusters.ts'
import type { RecordMapping } from '../events/record-to-event.ts'

export interface Egress {
  readonly kind: 'KafkaSource' | 'Trigger'
  readonly namespace: string
  readonly name: string
  readonly place: KafkaPlace
  readonly topics: readonly string[]
  readonly group: string
  readonly ordering: Ordering
  readonly initialOffset: 'earliest' | 'latest'
  readonly readUncommitted: boolean
  readonly mapping: RecordMapping
  readonly filter: EventFilter
  readonly delivery: Delivery
  readonly subscriber: Destination
  /** Where a reply that is an event goes; without it replies are ignored. */
  readonly replyTopic?: string
  /** What it cannot start without. */
  readonly waitsFor?: string
}

export function egressesOf(plan: Pick<Plan, 'kafkaSources' | 'triggers' | 'brokers'>): Egress[] {
  const triggers = plan.triggers.flatMap((trigger): Egress[] => {
    const broker = plan.brokers.find(
      ({ namespace, name }) => namespace === trigger.namespace && name === trigger.broker
    )
    if (broker !== undefined) return [ofTrigger(trigger, broker.topic, broker)]
    const waitsFor = `Broker ${trigger.namespace}/${trigger.broker} does not exist`
    const topic = brokerTopic({ namespace: trigger.namespace, name: trigger.broker })
    return [{ ...ofTrigger(trigger, topic, { bootstrapServers: [] }), waitsFor }]
  })
  return [...plan.kafkaSources.map(ofKafkaSource), ...triggers]
}

function ofKafkaSource(source: KafkaSource): Egress {
  const { namespace, name } = source
  return {
    kind: 'KafkaSource',
    namespace,
    name,
    place: source,
    topics: source.topics,
    group: source.consumerGroup,
    ordering: source.ordering,
    initialOffset: source.initialOffset,
    readUncommitted: false,
    mapping: {
      plainRecords: { as: 'event', namespace, name, keyType: source.keyType },
      overrides: source.extensions
    },
    filter: compileFilter({ filterAttributes: {} }),
    delivery: source.delivery,
    subscriber: source.sink
  }
}

function ofTrigger(trigger: Trigger, topic: string, place: KafkaPlace): Egress {
  return {
    kind: 'Trigger',
    namespace: trigger.namespace,
    name: trigger.name,
    place,
    topics: [topic],
    group: trigger.consumerGroup,
    ordering: trigger.ordering,
    initialOffset: 'latest',
    readUncommitted: true,
    mapping: { plainRecords: { as: 'discarded' }, overrides: {} },
    filter: compileFilter(trigger),
    delivery: trigger.delivery,
    subscriber: trigger.subscriber,
    replyTopic: topic
  }
}
