// The kinds that the API answers for. resource-types.json has the names and columns of the custom resource definitions of Knative 1.23,
// Strimzi 1.2 and CloudNativePG, and a few kinds of Kubernetes itself with the columns that are known without a cluster.
import type { Plan } from '../manifests/plan.ts'
import known from './resource-types.json' with { type: 'json' }

export interface Column {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  /** Above 0 the column is shown by `-o wide` only. */
  readonly priority?: number
}

export interface ResourceType {
  readonly group: string
  /** The preferred one first. */
  readonly versions: readonly string[]
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly columns: readonly Column[]
}

const knownTypes: readonly ResourceType[] = known

/** The known kinds, and those that only the plan has. */
export function resourceTypes(plan: Plan): readonly ResourceType[] {
  const types = [...knownTypes]
  for (const { apiVersion, kind, metadata } of plan.objects) {
    const { group, version } = splitApiVersion(apiVersion)
    if (types.some(type => type.group === group && type.kind === kind)) continue
    types.push({
      group,
      versions: [version],
      kind,
      plural: pluralOf(kind.toLowerCase()),
      singular: kind.toLowerCase(),
      shortNames: [],
      categories: [],
      namespaced: metadata.namespace !== '',
      columns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]
    })
  }
  return types
}

export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: slash === -1 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function joinApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}

/** As the API machinery guesses it. https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/api/meta/restmapper.go */
function pluralOf(singular: string): string {
  if (singular.endsWith('s')) return `${singular}es`
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`
}
