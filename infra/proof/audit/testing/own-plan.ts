// The project's sources and sinks with topics and groups of a test's own.
import { loadPlan, type Plan } from '../../../knative-local/plans.ts'

/** Whatever else the project has: a function that is added there is none of the school. */
const followed = new Set(['onStudentCreate', 'onStudentUpdate', 'onAnyStudent', 'onStudentDelete'])

export type OwnPlan = Pick<Plan, 'kafkaSources' | 'kafkaSinks'>

/** As the YAML has them, with `suffix` behind each name. */
export async function loadOwnPlan(suffix: string): Promise<OwnPlan> {
  const { plan } = await loadPlan(['knative', 'infra/kafka', 'infra/debezium'])
  if (plan === undefined) throw new Error('the YAML is not right')
  return {
    kafkaSources: plan.kafkaSources
      .filter(({ extensions: { function: name } }) => name === undefined || followed.has(name))
      .map(source => ({
        ...source,
        consumerGroup: source.consumerGroup + suffix,
        topics: source.topics.map(topic => topic + suffix)
      })),
    kafkaSinks: plan.kafkaSinks.map(sink => ({ ...sink, topic: sink.topic + suffix }))
  }
}
