// An object that was renamed is found by those that name it.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/filters/nameref/nameref.go
import { isRecord } from '../is-record.ts'
import { visitFields } from './field-paths.ts'
import type { NameReference } from './field-specs.ts'
import {
  currentId,
  describeId,
  effectiveNamespace,
  isClusterScoped,
  metadataOf,
  originalId,
  sameNamespace,
  selects,
  type Gvk,
  type Resource
} from './resource.ts'

export function updateNameReferences(resources: readonly Resource[], nameReferences: readonly NameReference[]): void {
  for (const { fields, ...target } of nameReferences) {
    for (const { path, create: _, ...referrerKind } of fields) {
      for (const referrer of resources) {
        if (!selects(referrerKind, originalId(referrer))) continue
        const find = (name: string, candidates: readonly Resource[], both: boolean) =>
          selectReferral(referrer, path, target, name, candidates, both)
        visitFields(referrer.value, { path }, ({ container, key }) => {
          const value = container[key]
          if (!Array.isArray(value)) return update(value, container, key, find, resources)
          for (const index of value.keys()) update(value[index], value as never, index, find, resources)
        })
      }
    }
  }
}

type Find = (name: string, candidates: readonly Resource[], both: boolean) => Resource | undefined

function update(
  value: unknown,
  container: Record<PropertyKey, unknown>,
  key: PropertyKey,
  find: Find,
  resources: readonly Resource[]
): void {
  if (typeof value === 'string') {
    const referral = find(value, resources, false)
    if (referral !== undefined) container[key] = metadataOf(referral).name
  }
  if (!isRecord(value) || typeof value.name !== 'string') return
  const { namespace } = value
  const candidates =
    typeof namespace === 'string'
      ? firstOfSome(
          resources.filter(resource => effectiveNamespace(originalId(resource)) === namespace),
          resources.filter(resource => effectiveNamespace(currentId(resource)) === namespace)
        )
      : resources
  const referral = find(value.name, candidates, true)
  if (referral === undefined) return
  const { name, namespace: now } = metadataOf(referral)
  value.name = name
  if (typeof now === 'string' && now !== '') value.namespace = now
}

function selectReferral(
  referrer: Resource,
  path: string,
  target: Partial<Gvk>,
  name: string,
  candidates: readonly Resource[],
  namespaceCounts: boolean
): Resource | undefined {
  const roleRef = path.endsWith('roleRef/name') ? referrer.value.roleRef : undefined
  let left = candidates.filter(
    candidate =>
      couldBeReferenced(candidate, referrer) &&
      candidate.previousIds.some(id => id.name === name) &&
      candidate.previousIds.some(id => selects(target, id)) &&
      (!isRecord(roleRef) ||
        candidate.previousIds.some(id =>
          selects({ group: String(roleRef.apiGroup ?? ''), kind: String(roleRef.kind ?? '') }, id)
        ))
  )
  if (left.length <= 1) return left[0]
  left = left.filter(candidate => sameAffixes(candidate, referrer, true))
  if (left.length > 1) left = left.filter(candidate => sameAffixes(candidate, referrer, false))
  const [first, ...others] = left.map(candidate => metadataOf(candidate))
  const same = others.every(
    other => other.name === first?.name && (!namespaceCounts || other.namespace === first?.namespace)
  )
  if (same) return left[0]
  throw new Error(
    `${describeId(currentId(referrer))}: "${name}" in ${path.replaceAll('/', '.')} may be ${left.map(candidate => describeId(currentId(candidate))).join(' or ')}`
  )
}

function couldBeReferenced(candidate: Resource, referrer: Resource): boolean {
  const [from, to] = [currentId(referrer), currentId(candidate)]
  if (isClusterScoped(from) || isClusterScoped(to) || sameNamespace(from, to)) return true
  const { subjects } = referrer.value
  return (
    from.kind === 'RoleBinding' &&
    to.kind === 'ServiceAccount' &&
    Array.isArray(subjects) &&
    subjects.some(
      subject => isRecord(subject) && subject.kind === 'ServiceAccount' && subject.namespace === to.namespace
    )
  )
}

/** Objects of one kustomization have the same last prefixes and suffixes. */
function sameAffixes(a: Resource, b: Resource, emptyMatches: boolean): boolean {
  return (['prefixes', 'suffixes'] as const).every(affix => {
    const [shorter = [], longer = []] = [a[affix], b[affix]].toSorted((x, y) => x.length - y.length)
    if (shorter.length === 0) return emptyMatches || longer.length === 0
    return shorter.every((text, index) => longer[longer.length - shorter.length + index] === text)
  })
}

function firstOfSome(...lists: readonly (readonly Resource[])[]): readonly Resource[] {
  return lists.find(list => list.length > 0) ?? []
}
