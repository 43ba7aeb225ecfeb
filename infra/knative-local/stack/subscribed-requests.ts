// How many requests the Sources and Triggers of a plan may have under way to a Service at once.
import { brokerTopic } from '../manifests/kinds/resolve-broker.ts'
import type { Destination, Ordering, Plan, Service } from '../manifests/plan.ts'

interface Subscription {
  readonly to: Destination
  readonly ordering: Ordering
  readonly topics: readonly string[]
}

/** Infinity where nobody knows: unordered, or a topic that is not in the plan. Destinations by URI are not counted. */
export function subscribedRequests({ namespace, name }: Service, plan: Plan): number {
  const partitions = new Map([
    ...plan.kafkaTopics.map(({ topic, partitions: ofTopic }) => [topic, ofTopic] as const),
    ...plan.brokers.map(({ topic, partitions: ofBroker }) => [topic, ofBroker] as const)
  ])
  return subscriptionsOf(plan)
    .filter(({ to: { ref } }) => ref?.kind === 'Service' && ref.namespace === namespace && ref.name === name)
    .flatMap(({ ordering, topics }) =>
      ordering === 'ordered' ? topics.map(topic => partitions.get(topic) ?? Infinity) : [Infinity]
    )
    .reduce((sum, requests) => sum + requests, 0)
}

function subscriptionsOf({ kafkaSources, triggers, brokers }: Plan): Subscription[] {
  const topicOf = (namespace: string, name: string): string =>
    brokers.find(broker => broker.namespace === namespace && broker.name === name)?.topic ??
    brokerTopic({ namespace, name })
  return [
    ...kafkaSources.map(({ sink, ordering, topics }) => ({ to: sink, ordering, topics })),
    ...triggers.map(({ subscriber, ordering, namespace, broker }) => ({
      to: subscriber,
      ordering,
      topics: [topicOf(namespace, broker)]
    }))
  ]
}
