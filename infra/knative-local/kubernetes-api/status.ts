// status, in the shape that each kind's own controller gives it.
import { isRecord } from '../manifests/is-record.ts'
import type { ManifestObject } from '../manifests/plan.ts'
import { revisionOf } from './derived-objects.ts'
import type { ObjectState } from './live-state.ts'
import { splitApiVersion } from './resource-types.ts'

/** The conditions beside Ready, in alphabetical order as Knative writes them. Only those that follow from being ready are written. */
const partialConditions: Readonly<Record<string, readonly string[]>> = {
  KafkaSource: ['ConsumerGroup', 'SinkProvided'],
  KafkaSink: ['Addressable', 'TopicReady'],
  Broker: ['Addressable', 'TopicReady'],
  Trigger: ['BrokerReady', 'DependencyReady', 'SubscriberResolved'],
  Service: ['ConfigurationsReady', 'RoutesReady'],
  Route: ['AllTrafficAssigned', 'CertificateProvisioned', 'IngressReady']
}

export function statusOf(
  object: ManifestObject,
  state: ObjectState | undefined,
  since: string
): Record<string, unknown> | undefined {
  if (object.kind === 'Namespace') return { phase: 'Active' }
  if (state === undefined || object.apiVersion === 'v1') return undefined
  return { observedGeneration: 1, ...conditions(object, state, since), ...fieldsOf(object, state), ...state.status }
}

function conditions(
  { kind, apiVersion }: ManifestObject,
  { ready, reason, message }: ObjectState,
  since: string
): { conditions?: unknown[] } {
  if (ready === undefined) return {}
  const why = { ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) }
  const condition = (type: string) => ({ type, status: ready, lastTransitionTime: since })
  const isKnative = apiVersion.includes('knative.dev/')
  const parts = isKnative && ready === 'True' ? (partialConditions[kind] ?? []).map(condition) : []
  return { conditions: [...parts, { ...condition('Ready'), ...why }].toSorted((a, b) => a.type.localeCompare(b.type)) }
}

function trafficTo(revisionName: string) {
  return { latestRevision: true, percent: 100, revisionName }
}

function fieldsOf(
  object: ManifestObject,
  { ready, url, sinkUri, deadLetterSinkUri }: ObjectState
): Record<string, unknown> {
  const spec = isRecord(object.spec) ? object.spec : {}
  const deadLetter = deadLetterSinkUri !== undefined && { deadLetterSinkUri }
  switch (`${splitApiVersion(object.apiVersion).group}/${object.kind}`) {
    case 'sources.knative.dev/KafkaSource':
      return {
        ...(sinkUri !== undefined && { sinkUri }),
        consumers: spec.consumers ?? 1,
        selector: `eventing.knative.dev/source=kafka-source-controller,eventing.knative.dev/sourceName=${object.metadata.name}`
      }
    case 'eventing.knative.dev/KafkaSink':
    case 'eventing.knative.dev/Broker':
      return url === undefined ? {} : { address: { name: 'http', url }, ...deadLetter }
    case 'eventing.knative.dev/Trigger':
      return { ...(sinkUri !== undefined && { subscriberUri: sinkUri }), ...deadLetter }
    case 'serving.knative.dev/Service': {
      const revision = revisionOf(object)
      return {
        ...(url !== undefined && { url, address: { url } }),
        latestCreatedRevisionName: revision,
        ...(ready === 'True' && { latestReadyRevisionName: revision, traffic: [trafficTo(revision)] })
      }
    }
    case 'serving.knative.dev/Route':
      return url === undefined ? {} : { url, address: { url } }
    case 'kafka.strimzi.io/KafkaTopic':
      return { topicName: typeof spec.topicName === 'string' ? spec.topicName : object.metadata.name }
    case 'kafka.strimzi.io/KafkaNodePool': {
      const replicas = typeof spec.replicas === 'number' ? spec.replicas : 0
      return { replicas, roles: spec.roles ?? [], nodeIds: Array.from({ length: replicas }, (_, index) => index) }
    }
    // However many are declared, one PostgreSQL runs here.
    case 'postgresql.cnpg.io/Cluster': {
      const healthy = ready === 'True'
      return {
        instances: 1,
        readyInstances: healthy ? 1 : 0,
        phase: healthy ? 'Cluster in healthy state' : 'Not running',
        currentPrimary: `${object.metadata.name}-1`
      }
    }
    default:
      return {}
  }
}
