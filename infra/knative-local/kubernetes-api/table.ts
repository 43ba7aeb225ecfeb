// Objects as rows, the way kubectl prints them.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
import { humanDuration } from './human-duration.ts'
import { firstAtPath } from './json-path.ts'
import type { Column, ResourceType } from './resource-types.ts'
import type { ServedObject } from './served-objects.ts'

/** What a row carries beside its cells (query parameter includeObject). */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export function columnDefinitions({ columns }: ResourceType) {
  const definition = ({ name, type, jsonPath, priority = 0 }: Column) => ({
    name,
    type,
    format: '',
    description: `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority
  })
  return [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name must be unique within a namespace.',
      priority: 0
    },
    ...columns.map(definition)
  ]
}

export function row({ columns }: ResourceType, object: ServedObject, include: IncludeObject, now: Date) {
  const cells = [
    object.metadata.name,
    ...columns.map(column => cell(column, firstAtPath(object, column.jsonPath), now))
  ]
  if (include === 'None') return { cells, object: null }
  return {
    cells,
    object:
      include === 'Object'
        ? object
        : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
  }
}

export function table(
  type: ResourceType,
  objects: readonly ServedObject[],
  include: IncludeObject,
  resourceVersion: string,
  now: Date
) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columnDefinitions(type),
    rows: objects.map(object => row(type, object, include, now))
  }
}

/** A value of another type than its column's is not shown; a text column shows lists and objects as JSON. */
function cell({ type }: Column, value: unknown, now: Date): unknown {
  if (value === undefined || value === null) return null
  if (type === 'string') return typeof value === 'string' ? value : JSON.stringify(value)
  if (type === 'date') {
    const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
    return Number.isNaN(at) ? '<invalid>' : humanDuration(now.getTime() - at)
  }
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  return typeof value === 'boolean' ? value : null
}
