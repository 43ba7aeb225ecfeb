// Which functions an event goes to, by the YAML: the KafkaSources of its topic, and the Triggers whose filter it passes.
import { type Egress, egressesOf } from '../../../knative-local/events.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import type { SeenRecord } from './seen-record.ts'
import { functionOf } from '../sources.ts'

export interface Follower {
  /** What its outcome is recorded under. */
  readonly function: string
  readonly group: string
  readonly egress: Egress
}

export function followersIn(plan: Plan): (record: Pick<SeenRecord, 'topic' | 'event'>) => Follower[] {
  const followers = egressesOf(plan).flatMap((egress): Follower[] => {
    const { subscriber, group, mapping } = egress
    const service = plan.services.find(
      ({ namespace, name }) => namespace === subscriber.ref?.namespace && name === subscriber.ref.name
    )
    const named = mapping.overrides.function ?? (service && functionOf(service))
    return named === undefined ? [] : [{ function: named, group, egress }]
  })
  return ({ topic, event }) => followers.filter(({ egress }) => egress.topics.includes(topic) && passes(egress, event))
}

/** A Trigger gets events only, and those that its filter takes; one that it fails on is discarded. */
function passes({ kind, filter }: Egress, event: SeenRecord['event']): boolean {
  if (kind === 'KafkaSource') return true
  try {
    return event !== undefined && filter(event)
  } catch {
    return false
  }
}
