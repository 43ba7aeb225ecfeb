// The system drawn from the YAML: what there is, what flows from where to where, how fast, and what is not ready.
import { z } from 'zod'
import { type Egress, egressesOf } from '../../../knative-local/events.ts'
import type { Plan } from '../../../knative-local/plans.ts'
import type { ClusterView, Condition } from './cluster.ts'
import type { Look } from './group-watch.ts'
import { rateOf } from './groups.ts'
import { defineRead } from '../read.ts'
import { functionOf } from '../sources.ts'
import { createGraph, type SystemEdge, type SystemNode } from './system-graph.ts'

export interface System {
  readonly nodes: readonly SystemNode[]
  readonly edges: readonly SystemEdge[]
  readonly problems: readonly string[]
  /** Of Kafka, where its figures are missing; empty otherwise. */
  readonly figuresMissing: string
}

const rateLooks = 5
/** For what no status is reported. */
const wellKnown: Condition = { ready: 'True', reason: '' }

export const overview = defineRead({
  description:
    'The system as a graph: functions, topics, connectors, sinks and tables, with rates, lag and what is not ready.',
  input: z.object({}),
  async run(sources): Promise<System> {
    const view = await sources.cluster()
    const looked = await sources.groups.latest().then(
      newest => ({ newest, reason: '' }),
      (error: Error) => ({ newest: undefined, reason: error.message })
    )
    return { ...drawSystem(view, looked.newest, sources.groups.history()), figuresMissing: looked.reason }
  }
})

export function drawSystem(
  view: ClusterView,
  newest: Look | undefined,
  history: readonly Look[]
): Omit<System, 'figuresMissing'> {
  const { plan, condition, problems } = view
  const recent = history.slice(-rateLooks)
  const { node, edge, nodes, edges } = createGraph()

  function topicNode(topic: string): string {
    const declared = plan.kafkaTopics.find(one => one.topic === topic)
    const known = declared === undefined ? wellKnown : condition('KafkaTopic', declared.namespace, declared.name)
    return node('topic', topic, known, `/events?topic=${encodeURIComponent(topic)}`)
  }
  function functionNode(service: Plan['services'][number]): string {
    const name = functionOf(service)
    return node(
      'function',
      name,
      condition('Service', service.namespace, service.name),
      `/events?function=${encodeURIComponent(name)}`
    )
  }
  const written = (topics: readonly string[]) =>
    newest &&
    rateOf(recent, look => sumOf(look.ranges.filter(({ topic }) => topics.includes(topic)).map(({ end }) => end)))

  for (const { namespace, name, topic } of plan.brokers) {
    const id = node('broker', name, condition('Broker', namespace, name), '/send')
    edge(id, topicNode(topic), { rate: written([topic]) ?? null })
  }
  for (const { namespace, name, topic } of plan.kafkaSinks) {
    const id = node('sink', name, condition('KafkaSink', namespace, name), `/events?topic=${encodeURIComponent(topic)}`)
    edge(id, topicNode(topic), { isForFailures: true, rate: written([topic]) ?? null })
  }
  for (const egress of egressesOf(plan)) {
    const to = targetOf(egress)
    if (to === undefined) continue
    const sample = newest?.groups.get(egress.group)
    const committed = (look: Look) => sumOf([...(look.groups.get(egress.group)?.committed.values() ?? [])])
    for (const topic of egress.topics) {
      edge(topicNode(topic), to, { rate: newest ? rateOf(recent, committed) : null, lag: sample?.lag ?? null })
    }
    const failures = plan.kafkaSinks.find(({ name }) => name === egress.delivery.deadLetterSink?.ref?.name)
    if (failures)
      edge(to, node('sink', failures.name, condition('KafkaSink', failures.namespace, failures.name), ''), {
        isForFailures: true
      })
  }
  for (const service of plan.services) {
    const id = functionNode(service)
    const isReached = edges.some(({ from, to }) => to === id && from.startsWith('topic:'))
    const isByTriggersOnly = plan.triggers.some(({ subscriber }) => subscriber.ref?.name === service.name)
    if (!isReached || isByTriggersOnly) edge(node('http', 'HTTP', wellKnown, '/send'), id)
    const outbox = topicsNamedBy(service, plan)
    if (outbox.length > 0) edge(id, node('table', 'outbox', wellKnown, '/events'))
  }
  for (const connector of plan.kafkaConnectors) {
    const id = node(
      'connector',
      connector.name,
      condition('KafkaConnector', connector.namespace, connector.name),
      '/parts'
    )
    for (const table of tablesOf(connector)) {
      edge(node('table', table, wellKnown, ''), id)
      const topics = writtenBy(connector, table, plan)
      for (const topic of topics) edge(id, topicNode(topic), { rate: written([topic]) ?? null })
    }
  }
  return { nodes: nodes(), edges, problems }

  function targetOf({ subscriber }: Egress): string | undefined {
    const service = plan.services.find(
      one => one.namespace === subscriber.ref?.namespace && one.name === subscriber.ref?.name
    )
    if (service) return functionNode(service)
    return subscriber.uri === undefined ? undefined : node('http', subscriber.uri, wellKnown, '')
  }
}

/** The topics that its environment names are those of its events: they go there by the outbox. */
function topicsNamedBy({ env }: Plan['services'][number], plan: Plan): string[] {
  const topics = new Set(plan.kafkaTopics.map(({ topic }) => topic))
  return env.flatMap(({ value }) => (value !== undefined && topics.has(value) ? [value] : []))
}

/** `public.outbox` is called outbox, as in SQL. A table that the connector writes itself, for its heartbeat, is no source. */
function tablesOf({ config }: Plan['kafkaConnectors'][number]): string[] {
  return (config['table.include.list'] ?? '')
    .split(',')
    .map(table => table.trim().replace(/^public\\?\./, ''))
    .filter(table => table !== '' && !config['heartbeat.action.query']?.includes(table))
}

/** An outbox router writes to the topics that its rows name, any other connector to one topic a table. */
function writtenBy({ config }: Plan['kafkaConnectors'][number], table: string, plan: Plan): string[] {
  const routes = Object.entries(config).some(
    ([name, value]) => /^transforms\..+\.type$/.test(name) && value.endsWith('.EventRouter')
  )
  if (routes && table === 'outbox') return [...new Set(plan.services.flatMap(service => topicsNamedBy(service, plan)))]
  const topic = `${config['topic.prefix']}.public.${table}`
  return plan.kafkaTopics.some(one => one.topic === topic) ? [topic] : []
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
