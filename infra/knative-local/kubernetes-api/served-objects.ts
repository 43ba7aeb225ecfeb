// The plan's objects as an API server would give them: with uid, times, the webhooks' defaults and status.
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import { isRecord } from '../manifests/is-record.ts'
import { stableUuid } from '../manifests/stable-uuid.ts'
import { stateKey, type LiveState } from './live-state.ts'
import { splitApiVersion } from './resource-types.ts'
import { statusOf } from './status.ts'

export interface ServedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ServedMetadata
  readonly [field: string]: unknown
}

export interface ServedMetadata {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What the store remembers of an object between two looks at the plan. */
export interface Memory {
  readonly createdAt: string
  readonly generation: number
  readonly readySince: string
}

export function objectKey({
  apiVersion,
  kind,
  metadata
}: Pick<ManifestObject, 'apiVersion' | 'kind' | 'metadata'>): string {
  return `${splitApiVersion(apiVersion).group}/${kind}/${metadata.namespace}/${metadata.name}`
}

/** Namespaces that are used without being declared are there all the same. */
export function withNamespaces(plan: Plan): ManifestObject[] {
  const declared = new Set(plan.objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name))
  const used = new Map(
    plan.objects
      .filter(({ metadata }) => metadata.namespace !== '')
      .map(object => [object.metadata.namespace, object.origin])
  )
  const missing = [...used].filter(([name]) => !declared.has(name))
  return [
    ...plan.objects,
    ...missing.map(([name, origin]) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, namespace: '' },
      origin
    }))
  ]
}

export function serve(
  object: ManifestObject,
  plan: Plan,
  state: LiveState,
  memory: Memory,
  resourceVersion: string
): ServedObject {
  const { origin: _origin, apiVersion, kind, metadata, status: _written, ...fields } = object
  const { namespace, ...named } = metadata
  const status = statusOf(object, stateOf(object, state), memory.readySince)
  return {
    apiVersion,
    kind,
    metadata: {
      ...named,
      ...(namespace !== '' && { namespace }),
      uid: stableUuid(objectKey(object)),
      resourceVersion,
      generation: memory.generation,
      creationTimestamp: memory.createdAt
    },
    ...fields,
    ...defaultedSpec(object, plan),
    ...(status && {
      status: { ...status, ...('observedGeneration' in status && { observedGeneration: memory.generation }) }
    })
  }
}

export function stateOf({ apiVersion, kind, metadata }: ManifestObject, state: LiveState) {
  return apiVersion === 'v1' ? undefined : state.get(stateKey(kind, metadata.namespace, metadata.name))
}

/** The defaulting webhook writes these into a KafkaSource. */
function defaultedSpec(object: ManifestObject, plan: Plan): { spec?: Record<string, unknown> } {
  if (object.kind !== 'KafkaSource' || !isRecord(object.spec)) return {}
  const { name, namespace } = object.metadata
  const source = plan.kafkaSources.find(entry => entry.name === name && entry.namespace === namespace)
  if (source === undefined) return {}
  const { consumers, consumerGroup, initialOffset, ordering } = source
  return { spec: { ...object.spec, consumers, consumerGroup, initialOffset, ordering } }
}
