// Which files follow from knative/*.yaml, and what stands in them. A function's YAML is thereby all that says it exists.
import type { Declared, DeclaredFunction } from './declared.ts'
import { eventPolicyOfSink, kafkaUserOfSink, kafkaUserOfSource, sinkAsUser, sourceAsUser } from './kafka-clients.ts'

export interface Region {
  readonly file: string
  readonly region: string
  readonly lines: readonly string[]
}

const registries = { dev: 'dev.local', production: 'registry.example.com' }

export function derivedRegions(declared: Declared): Region[] {
  const { files, functions, sources, sinks } = declared
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
    { file: `${production}/eventing.yaml`, region: 'sources', lines: sources.flatMap(sourceAsUser) },
    { file: `${production}/eventing.yaml`, region: 'sinks', lines: sinks.flatMap(sinkAsUser) },
    {
      file: `${production}/event-policies.yaml`,
      region: 'sinks',
      lines: sinks.flatMap(sink => eventPolicyOfSink(sink, declared))
    },
    {
      file: 'infra/postgres/cluster.yaml',
      region: 'roles of functions',
      lines: functions.filter(({ usesDatabase }) => usesDatabase).map(managedRole)
    },
    {
      file: 'infra/secrets.sh',
      region: 'users',
      lines: [
        `function_roles="${functions
          .filter(({ usesDatabase }) => usesDatabase)
          .map(roleOf)
          .join(' ')}"`,
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
