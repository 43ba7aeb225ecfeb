// What faults are done to, as the YAML declares it: a new function is killed and paused like the others.
import type { Plan } from '../../knative-local/plans.ts'
import { followedFunctions } from '../audit/followed-functions.ts'

type NonEmpty = readonly [string, ...string[]]

export interface Targets {
  /** Services. */
  readonly functions: NonEmpty
  /** KafkaSources of functions that keep what they did. */
  readonly sources: readonly string[]
  /** That these follow. */
  readonly topics: NonEmpty
  /** Where their failures go first. */
  readonly deadLetterTopic: string
}

/** @throws when nothing is declared that keeps what it did */
export function targetsIn(plan: Plan): Targets {
  const { deadLetterTopics } = followedFunctions(plan)
  const sources = plan.kafkaSources.filter(({ extensions }) => extensions.function !== undefined)
  return {
    functions: declared(
      'Service',
      plan.services.map(({ name }) => name)
    ),
    sources: sources.map(({ name }) => name),
    topics: declared(
      'KafkaSource with the extension `function`',
      sources.flatMap(({ topics }) => topics)
    ),
    deadLetterTopic: deadLetterTopics[0]?.topic ?? ''
  }
}

function declared(what: string, names: readonly string[]): NonEmpty {
  const [first, ...others] = new Set(names)
  if (first === undefined) throw new Error(`The YAML declares no ${what}: there is nothing to do faults to.`)
  return [first, ...others]
}
