// What the audit looks at, from the same YAML as everything else: each KafkaSource that names a function is one function
// that follows events, each Trigger brings commands to one, and the dead letter sinks lead on to the topics where failures end.
import type { Plan } from '../../knative-local/plans.ts'
import { followedTriggers, type FollowedTrigger, type TriggerPlan } from './followed-triggers.ts'

export interface FollowedFunction {
  /** The `function` extension of the source: what letters and effects are recorded under. */
  readonly name: string
  readonly group: string
  readonly topics: readonly string[]
  /** The source of the event that Knative makes of a record that is none; `#TOPIC` follows. */
  readonly plainSource: string
}

/** A topic of dead letters and the group that reads it; nobody reads the last one. */
export interface DeadLetterTopic {
  readonly topic: string
  readonly group?: string
}

export interface Followed {
  readonly functions: readonly FollowedFunction[]
  readonly triggers: readonly FollowedTrigger[]
  readonly deadLetterTopics: readonly DeadLetterTopic[]
}

/** What the audit needs of a plan. */
export type AuditedPlan = Pick<Plan, 'kafkaSources' | 'kafkaSinks'> & TriggerPlan

export function followedFunctions(plan: AuditedPlan): Followed {
  const sources = plan.kafkaSources.filter(({ extensions }) => extensions.function !== undefined)
  const functions = sources.map(source => ({
    name: source.extensions.function ?? '',
    group: source.consumerGroup,
    topics: source.topics,
    plainSource: `/apis/v1/namespaces/${source.namespace}/kafkasources/${source.name}`
  }))
  const triggers = followedTriggers(plan)
  const failing = [...sources, ...triggers.map(({ egress }) => egress)]
  return { functions, triggers, deadLetterTopics: deadLetterTopics(failing, plan) }
}

/** Those of the functions, then those of whoever reads them, and so on. */
function deadLetterTopics(
  failing: readonly Pick<Plan['kafkaSources'][number], 'delivery'>[],
  plan: Pick<Plan, 'kafkaSources' | 'kafkaSinks'>
): DeadLetterTopic[] {
  const topicOf = (sink: Plan['kafkaSources'][number]['sink'] | undefined) =>
    plan.kafkaSinks.find(({ namespace, name }) => sink?.ref?.name === name && sink.ref.namespace === namespace)?.topic
  const found = new Map<string, DeadLetterTopic>()
  let deliveries = failing
  while (deliveries.length > 0) {
    const topics = deliveries.flatMap(({ delivery }) => topicOf(delivery.deadLetterSink) ?? [])
    const fresh = new Set(topics.filter(topic => !found.has(topic)))
    const readers = plan.kafkaSources.filter(source => source.topics.some(topic => fresh.has(topic)))
    for (const topic of fresh) {
      found.set(topic, { topic, group: readers.find(reader => reader.topics.includes(topic))?.consumerGroup })
    }
    deliveries = readers
  }
  return [...found.values()]
}
