// What a person sees when all is ready: every function and topic, where to send what, and a line to paste.
import { called } from '../called.ts'
import { join, relative } from 'node:path'
import type { Endpoints } from '../endpoints.ts'
import type { Plan, Service } from '../manifests/plan.ts'
import { psqlCommand } from '../parts/postgres-service.ts'
import type { TopicDescription } from '../parts/topics.ts'
import type { Project } from '../project.ts'
import { table } from './table.ts'

export interface Screen {
  readonly project: Project
  readonly plan: Plan
  readonly endpoints: Endpoints
  readonly topics: readonly TopicDescription[]
  /** Of what runs beside the stack: names and places. */
  readonly shown: readonly (readonly [name: string, place: string])[]
  readonly seconds: string
  readonly stateDirectory: string
}

export function statusScreen({ project, plan, endpoints, topics, shown, seconds, stateDirectory }: Screen): string {
  const functions = plan.services.flatMap(service => {
    const [target, running] = Object.entries(endpoints.functions).find(([, one]) => one.service === service.name) ?? []
    if (!target || !running) return [] // it could not be started, which has been reported
    return [
      [target, triggersOf(service, plan).join(', '), shortened(join(project.sources.directory, target)), running.url]
    ]
  })
  const visible = topics
    .filter(({ topic }) => !topic.startsWith('__'))
    .toSorted((a, b) => a.topic.localeCompare(b.topic))
  const broker = plan.brokers[0]
  const folder = shortened(stateDirectory)
  const linesToTry = project.linesToTry?.(endpoints) ?? []
  return [
    '',
    ...table(['Function', 'Triggered by', 'Source', 'URL'], functions),
    '',
    ...table(
      ['Topic', 'Partitions', 'Replicas'],
      visible.map(({ topic, partitions, replicas }) => [topic, String(partitions), String(replicas)])
    ),
    '',
    ...shown.map(([name, place]) => `${name.padEnd(14)}  ${place}`),
    ...(broker ? [`Broker ingress  ${endpoints.ingress.url}/${broker.namespace}/${broker.name}`] : []),
    `Kafka           ${endpoints.kafka.bootstrap}`,
    `PostgreSQL      ${new URL(endpoints.postgres.url).host}, ${psqlCommand(folder, endpoints.postgres.url)}`,
    `Registry        ${endpoints.registry.url}`,
    `All addresses   ${folder}/endpoints.json`,
    `Logs            ${called('logs -f')}, or ${folder}/logs`,
    `Traces          ${called('trace EVENT-or-SUBJECT')}`,
    `Kubernetes      KUBECONFIG=${shortened(endpoints.kubeconfig)} kubectl get kafkasources`,
    '',
    ...(linesToTry.length > 0 ? ['Try it:', ...linesToTry.map(line => `  ${line}`), ''] : []),
    `Ready after ${seconds} s. Edit a function or a YAML file and it takes effect; Ctrl-C stops everything.`,
    ''
  ].join('\n')
}

/** As a person at this folder would write it. */
function shortened(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

/** Every way in which requests reach a Service. */
export function triggersOf({ name }: Service, { kafkaSources, triggers }: Plan): string[] {
  const topics = kafkaSources.filter(({ sink }) => sink.ref?.name === name).flatMap(source => source.topics)
  const types = triggers
    .filter(({ subscriber }) => subscriber.ref?.name === name)
    .map(({ broker, name: trigger }) => `Trigger ${broker}/${trigger}`)
  return topics.length > 0 ? [...topics, ...types] : ['HTTP', ...types]
}
