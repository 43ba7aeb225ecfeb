// Objects that a cluster makes from those of the files, as far as tools look for them: namespaces that are only used, and a
// Service's Route and Deployment, which `func describe` reads.
// https://github.com/knative/func/blob/c18d6045/pkg/knative/describer.go
import { isRecord } from '../manifests/is-record.ts'
import type { ManifestObject, Plan } from '../manifests/plan.ts'

/** The objects of the files, and those that follow from them. */
export function withDerived(plan: Plan): ManifestObject[] {
  const services = plan.objects.filter(isService)
  return [...plan.objects, ...usedNamespaces(plan), ...services.map(routeOf), ...services.map(deploymentOf)]
}

/** The Service of Knative that a Route or Deployment was made from; an object's own name otherwise. */
export function originalOf({ kind, metadata }: Pick<ManifestObject, 'kind' | 'metadata'>): {
  readonly kind: string
  readonly name: string
} {
  const service = metadata.labels?.[serviceLabel]
  return (kind === 'Route' || kind === 'Deployment') && service !== undefined
    ? { kind: 'Service', name: service }
    : { kind, name: metadata.name }
}

/** There is one revision here, whatever a Service's template says: its name, or the first that Knative would give. */
export function revisionOf({ metadata, spec }: ManifestObject): string {
  const template = templateOf(spec)
  const named = isRecord(template.metadata) ? template.metadata.name : undefined
  return typeof named === 'string' ? named : `${metadata.name}-00001`
}

const serviceLabel = 'serving.knative.dev/service'

function isService({ apiVersion, kind }: ManifestObject): boolean {
  return kind === 'Service' && apiVersion.startsWith('serving.knative.dev/')
}

function usedNamespaces(plan: Plan): ManifestObject[] {
  const declared = new Set(plan.objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name))
  const used = new Map(
    plan.objects
      .filter(({ metadata }) => metadata.namespace !== '')
      .map(object => [object.metadata.namespace, object.origin])
  )
  return [...used]
    .filter(([name]) => !declared.has(name))
    .map(([name, origin]) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, namespace: '' }, origin }))
}

function routeOf({ metadata, origin }: ManifestObject): ManifestObject {
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Route',
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: { [serviceLabel]: metadata.name } },
    spec: { traffic: [{ configurationName: metadata.name, latestRevision: true, percent: 100 }] },
    origin
  }
}

function deploymentOf(service: ManifestObject): ManifestObject {
  const revision = revisionOf(service)
  const labels = {
    [serviceLabel]: service.metadata.name,
    'serving.knative.dev/configuration': service.metadata.name,
    'serving.knative.dev/revision': revision
  }
  const { spec } = templateOf(service.spec)
  const containers = isRecord(spec) && Array.isArray(spec.containers) ? spec.containers.filter(isRecord) : []
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${revision}-deployment`, namespace: service.metadata.namespace, labels },
    spec: {
      selector: { matchLabels: { 'serving.knative.dev/revision': revision } },
      template: {
        metadata: { labels },
        // Knative's name for a container without one.
        spec: { containers: containers.map(({ name = 'user-container', image }) => ({ name, image })) }
      }
    },
    origin: service.origin
  }
}

function templateOf(spec: unknown): Readonly<Record<string, unknown>> {
  return isRecord(spec) && isRecord(spec.template) ? spec.template : {}
}
