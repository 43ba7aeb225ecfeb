// What a kustomization does to all objects: namespace, prefix and suffix, labels, annotations, replicas, images.
// https://github.com/kubernetes-sigs/kustomize/tree/api/v0.18.0/api/internal/builtins
import { isRecord } from '../is-record.ts'
import { visitFields, type FieldSpec } from './field-paths.ts'
import type { Configuration } from './configuration.ts'
import type { Kustomization } from './kustomization.ts'
import {
  allIds,
  currentId,
  describeId,
  gvkOf,
  isClusterScoped,
  metadataOf,
  originalId,
  rememberId,
  sameId,
  selects,
  type Resource
} from './resource.ts'

export function setNamespace(resources: readonly Resource[], namespace: string, added: readonly FieldSpec[]): void {
  for (const resource of resources) {
    rememberId(resource)
    const gvk = gvkOf(resource.value)
    if (!isClusterScoped(gvk)) metadataOf(resource).namespace = namespace
    if (gvk.kind === 'Namespace' && gvk.group === '') metadataOf(resource).name = namespace
    if (gvk.kind === 'RoleBinding' || gvk.kind === 'ClusterRoleBinding') {
      const { subjects } = resource.value
      for (const subject of Array.isArray(subjects) ? subjects : [])
        if (isRecord(subject) && subject.name === 'default') subject.namespace = namespace
    }
    const set = ({ container, key }: { container: Record<PropertyKey, unknown>; key: PropertyKey }) =>
      void (container[key] = namespace)
    const service = { group: 'apiregistration.k8s.io', kind: 'APIService', path: 'spec/service/namespace' }
    visitFields(resource.value, { ...service, create: true }, set, () => namespace)
    const webhook = 'spec/conversion/webhook/clientConfig/service/namespace'
    visitFields(resource.value, { kind: 'CustomResourceDefinition', path: webhook }, set)
    for (const spec of added) visitFields(resource.value, spec, set, () => namespace)
    const id = currentId(resource)
    if (resources.some(other => other !== resource && sameId(currentId(other), id)))
      throw new Error(`namespace ${namespace} makes two objects ${describeId(id)}`)
  }
}

export function addAffix(
  resources: readonly Resource[],
  affix: 'prefixes' | 'suffixes',
  text: string,
  added: readonly FieldSpec[]
): void {
  const affixed = (name: unknown) => (affix === 'prefixes' ? `${text}${String(name)}` : `${String(name)}${text}`)
  // Who says which kinds are renamed says it of all.
  const chosen = added.filter(({ path }) => path === 'metadata/name')
  for (const resource of resources) {
    for (const spec of added)
      if (!chosen.includes(spec))
        visitFields(resource.value, spec, ({ container, key }) => void (container[key] = affixed(container[key])))
    const { group, kind } = originalId(resource)
    if (chosen.length > 0 && !chosen.some(spec => selects(spec, originalId(resource)))) continue
    if (kind === 'CustomResourceDefinition' || kind === 'Namespace') continue
    if (kind === 'APIService' && group === 'apiregistration.k8s.io') continue
    resource[affix].push(text)
    rememberId(resource)
    const metadata = metadataOf(resource)
    metadata.name = affixed(metadata.name)
  }
}

/** Labels or annotations: maps of texts that may have to be created. */
export function addTexts(
  resources: readonly Resource[],
  texts: Readonly<Record<string, string>>,
  specs: readonly FieldSpec[]
): void {
  for (const { value } of resources) {
    for (const spec of specs) {
      visitFields(
        value,
        spec,
        ({ container, key }) => {
          const map = container[key]
          container[key] = { ...(isRecord(map) ? map : {}), ...texts }
        },
        () => ({})
      )
    }
  }
}

export function labelFields(
  label: NonNullable<Kustomization['labels']>[number],
  configuration: Configuration
): readonly FieldSpec[] {
  const own = label.fields ?? []
  if (label.includeSelectors === true) return [...own, ...configuration.selectorLabels]
  return [...own, ...(label.includeTemplates === true ? configuration.templateLabels : configuration.ownLabels)]
}

export function setReplicas(
  resources: readonly Resource[],
  name: string,
  count: number,
  specs: readonly FieldSpec[]
): void {
  let found = false
  for (const spec of specs) {
    for (const resource of resources) {
      if (!allIds(resource).some(id => id.name === name && selects({ kind: spec.kind ?? '' }, id))) continue
      found = true
      visitFields(
        resource.value,
        spec,
        ({ container, key }) => void (container[key] = count),
        () => count
      )
    }
  }
  if (!found) throw new Error(`no Deployment, StatefulSet, ReplicaSet or ReplicationController is named ${name}`)
}

export function setImage(
  resources: readonly Resource[],
  image: NonNullable<Kustomization['images']>[number],
  specs: readonly FieldSpec[]
): void {
  // The name is a regular expression there too.
  const pattern = new RegExp(`^${image.name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`)
  const set = (container: Record<PropertyKey, unknown>, key: PropertyKey): void => {
    const written = container[key]
    if (typeof written === 'string' && pattern.test(written)) container[key] = renamed(written, image)
  }
  for (const { value } of resources) {
    if (value.kind === 'CustomResourceDefinition') continue
    eachContainer(value, container => set(container, 'image'))
    // A second time, as there: a suffix is added twice.
    for (const spec of specs) visitFields(value, spec, ({ container, key }) => set(container, key))
  }
}

/** At any depth: a CronJob's containers, and those of custom resources. */
function eachContainer(value: unknown, visit: (container: Record<PropertyKey, unknown>) => void): void {
  if (Array.isArray(value)) for (const item of value) eachContainer(item, visit)
  if (!isRecord(value)) return
  for (const [key, field] of Object.entries(value)) {
    eachContainer(field, visit)
    if ((key !== 'containers' && key !== 'initContainers') || !Array.isArray(field)) continue
    for (const container of field) if (isRecord(container)) visit(container)
  }
}

function renamed(written: string, image: NonNullable<Kustomization['images']>[number]): string {
  const [, name = '', oldTag, oldDigest] = /^((?:[^/]*\/)?[^@:]*)(?::([^@]*))?(?:@(.*))?$/.exec(written) ?? []
  let [tag, digest] = [oldTag, oldDigest]
  if (image.newTag || image.digest) [tag, digest] = [image.newTag, image.digest]
  else if (image.tagSuffix) [tag, digest] = [`${tag ?? ''}${image.tagSuffix}`, undefined]
  return `${image.newName || name}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`
}
