// The Triggers whose functions keep what they did: each answer in command_answers, each event in handled_events. A function
// without a database keeps nothing, and only its own word says what became of an event.
import type { Plan } from '../../knative-local/plans.ts'
import { egressesOf, type Egress } from '../../knative-local/events.ts'

type Service = Plan['services'][number]

export interface FollowedTrigger {
  readonly name: string
  /** What answers and letters are recorded under. */
  readonly function: string
  readonly egress: Egress
  /** Of the Broker. */
  readonly topic: string
}

/** `files` may have no Triggers at all, as those of a test. */
export type TriggerPlan = Partial<Pick<Plan, 'brokers' | 'triggers' | 'services'>>

export function followedTriggers({ brokers = [], triggers = [], services = [] }: TriggerPlan): FollowedTrigger[] {
  return egressesOf({ kafkaSources: [], brokers, triggers }).flatMap(egress => {
    const { ref } = egress.subscriber
    const service = services.find(({ namespace, name }) => namespace === ref?.namespace && name === ref.name)
    const topic = egress.topics[0]
    if (ref?.kind !== 'Service' || service === undefined || topic === undefined || !hasDatabase(service)) return []
    return [{ name: egress.name, function: functionOf(service), egress, topic }]
  })
}

function hasDatabase({ env }: Service): boolean {
  return env.some(({ name }) => name === 'DATABASE_URL')
}

/** on-student-create is onStudentCreate, where its environment does not say so. */
function functionOf({ name, env }: Service): string {
  const target = env.find(variable => variable.name === 'FUNCTION_TARGET')?.value
  return target ?? name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
