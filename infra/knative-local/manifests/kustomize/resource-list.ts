// The objects of a build as a list: each once, generated ones merged into those that are there.
import { isRecord } from '../is-record.ts'
import { mergeGenerated } from './generate.ts'
import type { Place } from './places.ts'
import { Refusal } from './refusal.ts'
import { allIds, currentId, describeId, type Resource, sameId } from './resource.ts'

export function add(resources: Resource[], resource: Resource, place: Place): void {
  const id = currentId(resource)
  if (resources.some(other => sameId(currentId(other), id)))
    throw new Refusal(place, `${describeId(id)} is in this kustomization already`)
  resources.push(resource)
}

export function absorb(resources: Resource[], generated: Resource): void {
  const id = currentId(generated)
  const index = resources.findIndex(other => allIds(other).some(known => sameId(known, id)))
  const before = resources[index]
  const behavior = generated.generated?.behavior ?? 'create'
  if (before === undefined && behavior !== 'create') throw new Error(`there is no ${describeId(id)} to ${behavior}`)
  if (before !== undefined && behavior === 'create')
    throw new Error(`${describeId(id)} exists already; write behavior: merge or replace`)
  if (before === undefined) resources.push(generated)
  else resources[index] = mergeGenerated(before, generated)
}

/** An object, or each item of a List of any kind. */
export function objectsIn(value: unknown, place: Place): { value: Record<string, unknown>; place: Place }[] {
  if (!isRecord(value)) return []
  if (!String(value.kind).endsWith('List') || !('items' in value)) return [{ value, place }]
  const { items } = value
  return (Array.isArray(items) ? items : []).flatMap((item, index) =>
    objectsIn(item, { ...place, path: [...place.path, 'items', index] })
  )
}
