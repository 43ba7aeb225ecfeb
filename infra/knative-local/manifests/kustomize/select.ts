// The objects that a patch or replacement is for.
import { isRecord } from '../is-record.ts'
import { currentId, gvkOf, metadataOf, originalId, effectiveNamespace, type Resource } from './resource.ts'

export interface Selector {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

/** Texts are regular expressions that must match as a whole; a name or namespace may be the original or the current one. */
export function selectResources(resources: readonly Resource[], selector: Selector): Resource[] {
  const whole = (pattern: string | undefined) => {
    const expression = pattern === undefined || pattern === '' ? undefined : new RegExp(`^(?:${pattern})$`)
    return (text: string) => expression === undefined || expression.test(text)
  }
  const [group, version, kind] = [whole(selector.group), whole(selector.version), whole(selector.kind)]
  const [name, namespace] = [whole(selector.name), whole(selector.namespace)]
  return resources.filter(resource => {
    const ids = [originalId(resource), currentId(resource)]
    const gvk = gvkOf(resource.value)
    return (
      ids.some(id => namespace(effectiveNamespace(id))) &&
      ids.some(id => name(id.name)) &&
      group(gvk.group) &&
      version(gvk.version) &&
      kind(gvk.kind) &&
      hasLabels(resource, selector)
    )
  })
}

export function hasLabels(resource: Resource, { labelSelector, annotationSelector }: Selector): boolean {
  const { labels, annotations } = metadataOf(resource)
  return matches(labels, labelSelector) && matches(annotations, annotationSelector)
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function matches(written: unknown, selector: string | undefined): boolean {
  const labels: Readonly<Record<string, unknown>> = isRecord(written) ? written : {}
  // Commas inside brackets belong to a set.
  return (selector ?? '').split(/,(?![^()]*\))/).every(text => {
    const requirement = text.trim()
    if (requirement === '') return true
    const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement)
    if (set !== null) {
      const [, key = '', operator, list = ''] = set
      const values = list.split(',').map(value => value.trim())
      return values.includes(String(labels[key] ?? '\0')) === (operator === 'in')
    }
    const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(requirement)
    if (equality !== null) {
      const [, key = '', operator, value] = equality
      return (labels[key] === value) === (operator !== '!=')
    }
    const existence = /^(!?)\s*([^=!\s]+)$/.exec(requirement)
    if (existence === null) throw new Error(`"${requirement}" is not a selector`)
    const [, not, key = ''] = existence
    return key in labels === (not === '')
  })
}
