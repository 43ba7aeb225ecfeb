// What is true of every object at this moment, gathered from the parts, for the Kubernetes API.
import { z } from 'zod'
import { type LiveState, type ObjectState, stateKey } from './kubernetes-api/live-state.ts'
import type { Plan } from './manifests/plan.ts'
import type { ConnectorStatus } from './parts/connect.ts'
import { rootCause } from './parts/root-cause.ts'
import { type TopicDescription, type TopicProblem, wantedTopics } from './parts/topics.ts'
import type { Stack } from './stack.ts'

export interface LiveStateWatch {
  state(): LiveState
  stop(): void
}

const everyMs = 1_000
const statusTimeoutMs = 2_000

/** Of the data plane's GET /status, what is used here. */
const Egress = z.object({
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
const DataplaneStatus = z.object({ sources: z.array(Egress) })
type Egress = z.infer<typeof Egress>

export interface Observed {
  /** Undefined while the data plane does not answer. */
  readonly egresses: readonly Egress[] | undefined
  /** Undefined while Connect does not answer. */
  readonly connectors: readonly ConnectorStatus[] | undefined
  readonly topics: readonly TopicDescription[]
  readonly topicProblems: ReadonlyMap<string, TopicProblem>
  readonly brokersUp: number
  readonly brokers: number
  /** By name of the Service. */
  readonly services: ReadonlyMap<string, { readonly ready: boolean; readonly url: string; readonly problem?: string }>
  readonly ingressUrl: string
  readonly sinkIngressUrl: string
  readonly databaseUp: boolean
}

export function watchLiveState(stack: Stack, plan: () => Plan): LiveStateWatch {
  let current: LiveState = new Map()
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const look = async (): Promise<void> => {
    const observed = await observe(stack)
    current = liveState(plan(), observed)
    if (!stopped) timer = setTimeout(look, everyMs)
  }
  void look()
  return {
    state: () => current,
    stop() {
      stopped = true
      clearTimeout(timer)
    }
  }
}

async function observe(stack: Stack): Promise<Observed> {
  const { dataplane, connect, brokers, functions, postgres } = stack
  const [egresses, connectors] = await Promise.all([
    fetch(dataplane.statusUrl, { signal: AbortSignal.timeout(statusTimeoutMs) })
      .then(async response => DataplaneStatus.parse(await response.json()).sources)
      .catch(() => undefined),
    connect.status().catch(() => undefined)
  ])
  return {
    egresses,
    connectors,
    topics: stack.topics.topics(),
    topicProblems: stack.topics.problems(),
    brokers: brokers.length,
    brokersUp: brokers.filter(broker => broker.process()?.isRunning()).length,
    services: new Map(
      [...functions.services].map(([name, service]) => [
        name,
        { ready: service.isReady(), url: service.url, problem: service.problem() }
      ])
    ),
    ingressUrl: dataplane.ingressUrl,
    sinkIngressUrl: dataplane.sinkIngressUrl,
    databaseUp: postgres.process()?.isRunning() === true
  }
}

/** A pure function of what was seen. */
export function liveState(plan: Plan, seen: Observed): LiveState {
  const state = new Map<string, ObjectState>()
  const away: ObjectState = { ready: 'False', reason: 'DataPlane', message: 'the data plane does not answer' }

  for (const { kind, namespace, name } of [
    ...plan.kafkaSources.map(source => ({ ...source, kind: 'KafkaSource' })),
    ...plan.triggers.map(trigger => ({ ...trigger, kind: 'Trigger' }))
  ]) {
    const egress = seen.egresses?.find(one => one.kind === kind && one.namespace === namespace && one.name === name)
    state.set(stateKey(kind, namespace, name), seen.egresses ? ofEgress(egress) : away)
  }
  for (const { namespace, name, topic } of plan.kafkaSinks) {
    const url = `${seen.sinkIngressUrl}/${namespace}/${name}`
    state.set(
      stateKey('KafkaSink', namespace, name),
      seen.egresses ? ofAddressable(url, topic, seen) : { ...away, url }
    )
  }
  for (const { namespace, name, topic } of plan.brokers) {
    const url = `${seen.ingressUrl}/${namespace}/${name}`
    state.set(stateKey('Broker', namespace, name), seen.egresses ? ofAddressable(url, topic, seen) : { ...away, url })
  }
  for (const { namespace, name } of plan.services) {
    const service = seen.services.get(name)
    const answer: ObjectState = service?.ready
      ? { ready: 'True' }
      : { ready: 'False', reason: 'RevisionMissing', message: service?.problem ?? 'no instance answers' }
    state.set(stateKey('Service', namespace, name), { ...answer, ...(service && { url: service.url }) })
  }
  for (const topic of wantedTopics({ ...plan, brokers: [], kafkaSinks: [] })) {
    const object = plan.kafkaTopics.find(one => one.topic === topic.topic)
    if (object) state.set(stateKey('KafkaTopic', object.namespace, object.name), ofTopic(topic, seen))
  }
  for (const { namespace, name } of plan.kafkaConnectors) {
    state.set(stateKey('KafkaConnector', namespace, name), ofConnector(seen.connectors?.find(one => one.name === name)))
  }
  for (const { kind, metadata } of plan.objects) {
    const key = stateKey(kind, metadata.namespace, metadata.name)
    if (kind === 'Kafka' || kind === 'KafkaNodePool') state.set(key, ofBrokers(seen))
    else if (kind === 'KafkaConnect')
      state.set(key, seen.connectors ? { ready: 'True' } : notReady('the worker does not answer'))
    else if (kind === 'Cluster')
      state.set(key, seen.databaseUp ? { ready: 'True' } : notReady('PostgreSQL does not run'))
  }
  return state
}

function ofEgress(egress: Egress | undefined): ObjectState {
  if (!egress) return { ready: 'Unknown', reason: 'Starting', message: 'the data plane has not taken it up yet' }
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

function ofAddressable(url: string, topic: string, { topics }: Observed): ObjectState {
  if (topics.some(one => one.topic === topic)) return { ready: 'True', url }
  return { ready: 'False', reason: 'TopicNotPresent', message: `topic ${topic} does not exist`, url }
}

function ofTopic(wanted: { topic: string; partitions: number }, { topics, topicProblems }: Observed): ObjectState {
  const problem = topicProblems.get(wanted.topic)
  if (problem) return { ready: 'False', ...problem }
  const found = topics.find(({ topic }) => topic === wanted.topic)
  if (!found) return { ready: 'False', reason: 'TopicNotPresent', message: `topic ${wanted.topic} does not exist` }
  return found.partitions < wanted.partitions
    ? notReady(`it has ${found.partitions} of ${wanted.partitions} partitions`)
    : { ready: 'True' }
}

function ofConnector(connector: ConnectorStatus | undefined): ObjectState {
  if (!connector) return notReady('the worker does not answer')
  const { failure, ...connectorStatus } = connector
  const status = {
    connectorStatus,
    tasksMax: connector.tasks.length,
    ...(failure && { autoRestart: { count: failure.restarts, connectorName: connector.name } })
  }
  const failed = [connector.connector, ...connector.tasks].find(({ state }) => state === 'FAILED')
  const reason = failure?.reason ?? (failed && rootCause(failed.trace))
  return reason === undefined
    ? { ready: 'True', status }
    : { ready: 'False', reason: 'ConnectorFailed', message: reason, status }
}

function ofBrokers({ brokers, brokersUp }: Observed): ObjectState {
  return brokersUp === brokers ? { ready: 'True' } : notReady(`${brokersUp} of ${brokers} brokers run`)
}

function notReady(message: string): ObjectState {
  return { ready: 'False', reason: 'NotReady', message }
}
