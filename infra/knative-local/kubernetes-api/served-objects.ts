// The plan's objects as an API server would give them: with uid, times, the webhooks' defaults and status.
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import { isRecord } from '../manifests/is-record.ts'
import { stableUuid } from '../manifests/stable-uuid.ts'
import { originalOf } from './derived-objects.ts'
import { stateKey, type LiveState, type ObjectState } from './live-state.ts'
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

export function serve(
  object: ManifestObject,
  plan: Plan,
  state: LiveState,
  memory: Memory,
  resourceVersion: string
): ServedObject {
  const { origin: _origin, apiVersion, kind, metadata, status: _written, ...fields } = object
  const { namespace, labels = {}, annotations = {}, ...named } = metadata
  const status = statusOf(object, stateOf(object, state), memory.readySince)
  return {
    apiVersion,
    kind,
    metadata: {
      ...named,
      // An API server leaves empty maps out.
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
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

export function stateOf(object: ManifestObject, state: LiveState): ObjectState | undefined {
  if (object.apiVersion === 'v1') return undefined
  const { kind, name } = originalOf(object)
  const found = state.get(stateKey(kind, object.metadata.namespace, name))
  if (object.kind !== 'Deployment' || found === undefined) return found
  const replicas = found.ready === 'True' ? 1 : 0
  return { status: { replicas, readyReplicas: replicas, availableReplicas: replicas } }
}

/** What the defaulting webhooks write into a KafkaSource, and into a Trigger, whose filter `func describe` takes for granted. */
function defaultedSpec(object: ManifestObject, plan: Plan): { spec?: Record<string, unknown> } {
  const { kind, spec } = object
  if (!isRecord(spec)) return {}
  if (kind === 'Trigger') return { spec: { filter: {}, ...spec } }
  if (kind !== 'KafkaSource') return {}
  const { name, namespace } = object.metadata
  const source = plan.kafkaSources.find(entry => entry.name === name && entry.namespace === namespace)
  if (source === undefined) return {}
  const { consumers, consumerGroup, initialOffset, ordering } = source
  return { spec: { ...spec, consumers, consumerGroup, initialOffset, ordering } }
}
