// What there is to ask for, in the form of kubectl 1.30 and newer (one answer for all groups) and in the older one (an answer for each).
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
import { joinApiVersion, type ResourceType } from './resource-types.ts'

const verbs = ['get', 'list', 'watch']

export function aggregatedDiscovery(types: readonly ResourceType[], core: boolean, version: string) {
  const groups = [
    ...Map.groupBy(
      types.filter(({ group }) => (group === '') === core),
      ({ group }) => group
    )
  ]
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, members]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versionsOf(members).map(served => ({
        version: served,
        freshness: 'Current',
        resources: members
          .filter(({ versions }) => versions.includes(served))
          .map(({ plural, singular, kind, namespaced, shortNames, categories }) => ({
            resource: plural,
            responseKind: { group, version: served, kind },
            scope: namespaced ? 'Namespaced' : 'Cluster',
            singularResource: singular,
            verbs,
            ...(shortNames.length > 0 && { shortNames }),
            ...(categories.length > 0 && { categories })
          }))
      }))
    }))
  }
}

export function groupList(types: readonly ResourceType[]) {
  const groups = [
    ...Map.groupBy(
      types.filter(({ group }) => group !== ''),
      ({ group }) => group
    )
  ]
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(([group, members]) => apiGroup(group, members)) }
}

export function groupOf(types: readonly ResourceType[], group: string) {
  const members = types.filter(type => type.group === group)
  return members.length === 0 ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group, members) }
}

function apiGroup(group: string, members: readonly ResourceType[]) {
  const versions = versionsOf(members).map(version => ({ groupVersion: joinApiVersion(group, version), version }))
  return { name: group, versions, preferredVersion: versions[0] }
}

export function resourceList(types: readonly ResourceType[], group: string, version: string) {
  const members = types.filter(type => type.group === group && type.versions.includes(version))
  if (members.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: joinApiVersion(group, version),
    resources: members.map(({ plural, singular, kind, namespaced, shortNames, categories }) => ({
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories })
    }))
  }
}

/** In the order of preference: v1 before v1beta1 before v1alpha1. */
function versionsOf(members: readonly ResourceType[]): string[] {
  const rank = (version: string) => (version.includes('alpha') ? 2 : version.includes('beta') ? 1 : 0)
  return [...new Set(members.flatMap(({ versions }) => versions))].toSorted(
    (a, b) => rank(a) - rank(b) || b.localeCompare(a)
  )
}
