// Which files follow from knative/*.yaml and functions/*/index.ts, and what stands in them: nothing else is edited by hand for a
// new function.
import { grantsOf } from './database-rights.ts'
import type { Declared, DeclaredFunction } from './declared.ts'
import {
  eventPolicyOfSink,
  kafkaUserOfSink,
  kafkaUserOfSource,
  published,
  rightsOfAudit,
  rightsOfConnect,
  rightsOfPrune,
  sinkAsUser,
  sourceAsUser
} from './kafka-clients.ts'

export interface Region {
  readonly file: string
  readonly region: string
  readonly lines: readonly string[]
}

const registries = { dev: 'dev.local', production: 'registry.example.com' }

export function derivedRegions(declared: Declared): Region[] {
  const { files, functions, sources, sinks } = declared
  const withDatabase = functions.filter(({ declaration }) => declaration.database !== undefined)
  const production = 'infra/overlays/production'
  return [
    { file: 'knative/kustomization.yaml', region: 'resources', lines: files.map(file => `- ${file}`) },
    ...Object.entries(registries).map(([overlay, registry]) => ({
      file: 'skaffold.yaml',
      region: `functions of ${overlay}`,
      lines: functions.flatMap(fn => artifact(registry, fn))
    })),
    { file: `${production}/kustomization.yaml`, region: 'images of functions', lines: functions.map(releasedImage) },
    { file: `${production}/disruption-budgets.yaml`, region: 'functions', lines: functions.flatMap(budget) },
    { file: `${production}/kafka-users.yaml`, region: 'sources', lines: sources.flatMap(kafkaUserOfSource) },
    { file: `${production}/kafka-users.yaml`, region: 'sinks', lines: sinks.flatMap(kafkaUserOfSink) },
    { file: `${production}/kafka-users.yaml`, region: 'topics of the outbox', lines: rightsOfConnect(declared) },
    { file: `${production}/kafka-users.yaml`, region: 'topics that are asked about', lines: rightsOfPrune(declared) },
    { file: `${production}/kafka-users.yaml`, region: 'what is audited', lines: rightsOfAudit(declared) },
    {
      file: 'infra/jobs/jobs.yaml',
      region: 'topics',
      lines: [
        ...variable('OUTBOX_TOPICS', published(declared)),
        ...variable(
          'DEAD_LETTER_TOPICS',
          sinks.map(({ topic }) => topic)
        )
      ]
    },
    { file: `${production}/eventing.yaml`, region: 'sources', lines: sources.flatMap(sourceAsUser) },
    { file: `${production}/eventing.yaml`, region: 'sinks', lines: sinks.flatMap(sinkAsUser) },
    {
      file: `${production}/event-policies.yaml`,
      region: 'commands',
      lines: declared.triggers
        .filter(({ name }) => name !== 'replay-dead-letters') // for operators
        .flatMap(({ types }) => types.flatMap(type => ['- exact:', `    type: ${type}`]))
    },
    {
      file: `${production}/event-policies.yaml`,
      region: 'sinks',
      lines: sinks.flatMap(sink => eventPolicyOfSink(sink, declared))
    },
    {
      file: 'infra/postgres/cluster.yaml',
      region: 'connections',
      lines: [`max_connections: "${connectionsNeeded(functions)}"`]
    },
    {
      file: 'infra/postgres/cluster.yaml',
      region: 'roles of functions',
      lines: withDatabase.map(managedRole)
    },
    {
      file: 'infra/postgres/roles/grants.sql',
      region: 'rights of functions',
      lines: withDatabase.flatMap(fn => grantsOf(fn.declaration, roleOf(fn)))
    },
    {
      file: 'infra/postgres/roles/grants.sql',
      region: 'own rows',
      lines: withDatabase.filter(({ name }) => name !== 'dead-letter-replay').map(ownRows)
    },
    {
      file: 'infra/secrets.sh',
      region: 'users',
      lines: [
        `function_roles="${withDatabase.map(roleOf).join(' ')}"`,
        `source_users="${names(sources)}"`,
        `sink_users="${names(sinks)}"`
      ]
    },
    {
      file: 'knative/dead-letter-replay.yaml',
      region: 'addresses',
      lines: addresses(functions.filter(({ name }) => name !== 'dead-letter-replay'))
    }
  ]
}

const names = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name).join(' ')
const roleOf = ({ name }: DeclaredFunction) => name.replaceAll('-', '_')

/** Every function at its max-scale, twice over for a rollout, and 20 for the rest; in steps, because a change restarts PostgreSQL. */
function connectionsNeeded(functions: readonly DeclaredFunction[]): number {
  const step = 100
  const most = 2 * functions.reduce((sum, { connections }) => sum + connections, 0) + 20
  return Math.ceil(most / step) * step
}

function artifact(registry: string, { name, target }: DeclaredFunction): string[] {
  return [
    `- image: ${registry}/students/${name}`,
    '  context: .',
    `  docker: { dockerfile: infra/Dockerfile, target: function, buildArgs: { FUNCTION: ${target} } }`
  ]
}

/** The tag is put in by skaffold, or by `kustomize edit set image`. */
function releasedImage({ name }: DeclaredFunction): string {
  return `- { name: ${registries.dev}/students/${name}, newName: ${registries.production}/students/${name}, newTag: 0.1.0 }`
}

function budget({ name }: DeclaredFunction): string[] {
  return [
    '---',
    'apiVersion: policy/v1',
    'kind: PodDisruptionBudget',
    'metadata:',
    `  name: ${name}`,
    '  namespace: students',
    'spec:',
    '  maxUnavailable: 1',
    '  selector:',
    '    matchLabels:',
    `      serving.knative.dev/service: ${name}`
  ]
}

function managedRole(fn: DeclaredFunction): string {
  return `- { name: ${roleOf(fn)}, login: true, passwordSecret: { name: students-db-${fn.name} } }`
}

function addresses(functions: readonly DeclaredFunction[]): string[] {
  return [
    '- name: FUNCTION_URLS',
    '  value: "\\',
    ...functions.map(({ name, target }, at) => {
      const last = at === functions.length - 1
      return `    ${target}=http://${name}.students.svc.cluster.local${last ? '"' : ',\\'}`
    })
  ]
}

const variable = (name: string, list: readonly string[]) => [`- name: ${name}`, `  value: ${list.join(',')}`]

/** Of every table that functions share; which of them a role may use at all is granted. */
function ownRows(fn: DeclaredFunction): string {
  return `call pg_temp.allow_rows('${roleOf(fn)}', $$function = '${fn.target}'$$, 'fences', 'held_events', 'handled_events', 'failures', 'dead_letters', 'command_answers');`
}
