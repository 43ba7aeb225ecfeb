// What is true of KafkaSources, Triggers, KafkaSinks and Brokers at this moment, as the data plane's status and the topics show it.
import { z } from 'zod'
import { type ObjectState, stateKey } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import type { Dataplane } from '../parts/data-plane.ts'
import type { TopicMaker } from '../parts/kafka/topic-maker.ts'
import { readJson } from './part-process.ts'
import { addressableState } from './topic-state.ts'

const statusTimeoutMs = 2_000

/** By `stateKey`. Where the data plane does not answer, that is what is said of every object. */
export async function dataPlaneStates(
  { kafkaSources, triggers, kafkaSinks, brokers }: Plan,
  { statusUrl, ingressUrl, sinkIngressUrl }: Pick<Dataplane, 'statusUrl' | 'ingressUrl' | 'sinkIngressUrl'>,
  topics: TopicMaker | undefined
): Promise<(readonly [string, ObjectState])[]> {
  const egresses = await readJson(statusUrl, statusTimeoutMs)
    .then(status => Status.parse(status).sources)
    .catch(() => undefined)
  const egress = (kind: Egress['kind'], objects: Plan['kafkaSources'] | Plan['triggers']) =>
    objects.map(({ namespace, name }) => {
      const one = egresses?.find(found => found.kind === kind && found.namespace === namespace && found.name === name)
      return [stateKey(kind, namespace, name), egresses ? egressState(one) : away] as const
    })
  const addressable = (kind: string, objects: Plan['kafkaSinks'] | Plan['brokers'], ingress: string) =>
    objects.map(({ namespace, name, topic }) => {
      const state = egresses && topics ? addressableState(topic, topics) : away
      return [stateKey(kind, namespace, name), { ...state, url: `${ingress}/${namespace}/${name}` }] as const
    })
  return [
    ...egress('KafkaSource', kafkaSources),
    ...egress('Trigger', triggers),
    ...addressable('KafkaSink', kafkaSinks, sinkIngressUrl),
    ...addressable('Broker', brokers, ingressUrl)
  ]
}

/** Of GET /status, what is used here. */
const Status = z.object({
  sources: z.array(
    z.object({
      kind: z.enum(['KafkaSource', 'Trigger']),
      namespace: z.string(),
      name: z.string(),
      ready: z.boolean(),
      state: z.string(),
      reason: z.string().optional(),
      message: z.string().optional(),
      sinkUri: z.string().optional(),
      deadLetterSinkUri: z.string().optional(),
      assignments: z.array(z.unknown())
    })
  )
})
type Egress = z.infer<typeof Status>['sources'][number]

const away: ObjectState = { ready: 'False', reason: 'DataPlane', message: 'the data plane does not answer' }

function egressState(egress: Egress | undefined): ObjectState {
  if (!egress) return { ready: 'Unknown', reason: 'Starting', message: 'the data plane has not applied it yet' }
  const { ready, state, reason, message, sinkUri, deadLetterSinkUri, assignments } = egress
  return {
    ...(ready
      ? { ready: 'True' }
      : { ready: 'False', reason: reason ?? 'ConsumerGroup', message: message ?? `the consumer group is ${state}` }),
    ...(sinkUri !== undefined && { sinkUri }),
    ...(deadLetterSinkUri !== undefined && { deadLetterSinkUri }),
    status: { placements: [{ podName: 'local', vreplicas: assignments.length > 0 ? 1 : 0 }] }
  }
}
