// What a person sees when all is ready: every function and topic, where to send what, and a line to paste.
import { called } from '../called.ts'
import { join, relative, resolve } from 'node:path'
import type { Endpoints } from '../endpoints.ts'
import type { Plan, Service } from '../manifests/plan.ts'
import { psqlCommand } from '../parts/postgres/postgres-service.ts'
import type { TopicDescription } from '../parts/kafka/topics.ts'
import type { Project, ServiceProgram } from '../project.ts'
import { stateDirectoryOf } from './settings.ts'
import { table } from './table.ts'

export interface Screen {
  readonly project: Project
  readonly plan: Plan
  readonly endpoints: Endpoints
  readonly topics: readonly TopicDescription[]
  /** Of what runs beside the stack: names and places. */
  readonly shown: readonly (readonly [name: string, place: string])[]
  /** What is not as it should be, a sentence each. */
  readonly problems: readonly string[]
  readonly seconds: string
  readonly stateDirectory: string
}

export function statusScreen(screen: Screen): string {
  const { project, plan, endpoints, topics, shown, problems, seconds, stateDirectory } = screen
  const services = plan.services.flatMap(service => {
    const running = endpoints.services[service.name]
    if (!running) return [] // it could not be started, which has been reported
    return [[running.function, triggersOf(service, plan).join(', '), sourceOf(running.function, project), running.url]]
  })
  const visible = topics
    .filter(({ topic }) => !topic.startsWith('__'))
    .toSorted((a, b) => a.topic.localeCompare(b.topic))
    .map(({ topic, partitions, replicas }) => [topic, String(partitions), String(replicas)])
  const folder = shortened(stateDirectory)
  const linesToTry = project.linesToTry?.(endpoints) ?? []
  const { ingress, kafka, postgres, registry } = endpoints
  const lines = [
    ...shown,
    ...plan.brokers.map(({ namespace, name }) => ['Broker ingress', ingress && `${ingress.url}/${namespace}/${name}`]),
    ['Kafka', kafka?.bootstrap],
    ['PostgreSQL', postgres && `${new URL(postgres.url).host}, ${psqlCommand(folder, postgres.url)}`],
    ['Registry', registry?.url],
    ['All addresses', `${folder}/endpoints.json`],
    // The commands below look at the usual folder.
    [
      'Commands',
      isUsual(stateDirectory) ? undefined : `LOCAL_STATE=${folder} ${called('status')}, and so for each below`
    ],
    ['Logs', `${called('logs -f')}, or ${folder}/logs`],
    ['Traces', called('trace EVENT-or-SUBJECT')],
    ['Kubernetes', `KUBECONFIG=${shortened(endpoints.kubeconfig)} kubectl get ${kindToShow(plan)}`]
  ]
  return [
    '',
    ...section(['Function', 'Triggered by', 'Source', 'URL'], services),
    ...section(['Topic', 'Partitions', 'Replicas'], visible),
    ...lines.flatMap(([name = '', value]) => (value === undefined ? [] : [`${name.padEnd(16)}${value}`])),
    '',
    ...(linesToTry.length > 0 ? ['Try it:', ...linesToTry.map(line => `  ${line}`), ''] : []),
    ...(problems.length > 0 ? ['Unhealthy:', ...problems.map(line => `  ${line}`), ''] : []),
    `Ready after ${seconds} s. Edit a function or a YAML file and it takes effect; Ctrl-C stops everything.`,
    ''
  ].join('\n')
}

function isUsual(stateDirectory: string): boolean {
  return resolve(stateDirectory) === stateDirectoryOf(undefined, process.env)
}

/** Nothing where there is nothing to list. */
function section(head: readonly string[], rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : [...table(head, rows), '']
}

/** What a person would edit. */
function sourceOf(program: string, { directory, sources, services }: Project): string {
  const configured = services?.[program]
  if (configured) return shownCommand(configured)
  return sources ? shortened(resolve(directory, sources.directory, program)) : ''
}

/** A script given by `sh -c` would push the addresses off the screen. */
const maxShownCommand = 40

function shownCommand({ directory = '.', entry, command }: ServiceProgram): string {
  if (entry !== undefined) return join(directory, entry)
  const line = command.join(' ')
  return line.length > maxShownCommand ? `${line.slice(0, maxShownCommand - 1)}…` : line
}

function kindToShow({ kafkaSources }: Plan): string {
  return kafkaSources.length > 0 ? 'kafkasources' : 'ksvc'
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
