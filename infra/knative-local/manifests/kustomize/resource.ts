// An object on its way through kustomizations, with every name that it has had: patches and references may use any of them.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/resource/resource.go
import { isRecord } from '../is-record.ts'
import type { Place } from './places.ts'

export interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface Id extends Gvk {
  readonly name: string
  readonly namespace: string
}

export interface Resource {
  value: Record<string, unknown>
  readonly place: Place
  readonly previousIds: Id[]
  readonly prefixes: string[]
  readonly suffixes: string[]
  /** Names of the vars that read this object. */
  readonly vars: Set<string>
  readonly generated?: { needsHash: boolean; readonly behavior: 'create' | 'merge' | 'replace' }
}

export function newResource(value: Record<string, unknown>, place: Place, generated?: Resource['generated']): Resource {
  return { value, place, previousIds: [], prefixes: [], suffixes: [], vars: new Set(), ...(generated && { generated }) }
}

export function metadataOf(resource: { readonly value: Record<string, unknown> }): Record<string, unknown> {
  if (!isRecord(resource.value.metadata)) resource.value.metadata = {}
  return resource.value.metadata as Record<string, unknown>
}

export function gvkOf({ apiVersion, kind }: Readonly<Record<string, unknown>>): Gvk {
  const text = typeof apiVersion === 'string' ? apiVersion : ''
  const slash = text.indexOf('/')
  return {
    group: slash === -1 ? '' : text.slice(0, slash),
    version: text.slice(slash + 1),
    kind: typeof kind === 'string' ? kind : ''
  }
}

export function currentId(resource: { readonly value: Record<string, unknown> }): Id {
  const { name, namespace } = metadataOf(resource)
  return { ...gvkOf(resource.value), name: textOf(name), namespace: textOf(namespace) }
}

export function originalId(resource: Resource): Id {
  return resource.previousIds[0] ?? currentId(resource)
}

export function allIds(resource: Resource): Id[] {
  return [...resource.previousIds, currentId(resource)]
}

/** To be called before the name, namespace or kind changes. */
export function rememberId(resource: Resource): void {
  const id = currentId(resource)
  resource.previousIds.push({ ...id, namespace: isClusterScoped(id) ? '' : id.namespace || 'default' })
}

/** An empty field of a selector selects all. */
export function selects(selector: Partial<Gvk>, gvk: Gvk): boolean {
  return (['group', 'version', 'kind'] as const).every(field => !selector[field] || selector[field] === gvk[field])
}

export function sameNamespace(a: Id, b: Id): boolean {
  return effectiveNamespace(a) === effectiveNamespace(b)
}

export function sameId(a: Id, b: Id): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind && a.name === b.name && sameNamespace(a, b)
}

/** Of no namespace: a text that cannot be one. */
export function effectiveNamespace(id: Id): string {
  return isClusterScoped(id) ? '/cluster' : id.namespace || 'default'
}

export function describeId({ kind, name, namespace }: Id): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** Of the kinds that kustomize knows; a custom resource counts as namespaced. */
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  '': ['Namespace', 'Node', 'PersistentVolume', 'ComponentStatus'],
  'admissionregistration.k8s.io': ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'networking.k8s.io': ['IngressClass'],
  'node.k8s.io': ['RuntimeClass'],
  policy: ['PodSecurityPolicy'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment']
}

export function isClusterScoped({ group, kind }: Gvk): boolean {
  return clusterScoped[group]?.includes(kind) === true
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
