// Where each part of a value was written. A kustomization puts an object together from several files, and a problem in it is
// still reported at the line that a person has to change.
import { isRecord } from '../is-record.ts'
import type { ManifestDocument, Path } from '../manifest-document.ts'
import type { Origin } from '../plan.ts'

export interface Place {
  readonly document: Pick<ManifestDocument, 'locate'>
  readonly path: Path
}

type Container = Record<string, unknown> | unknown[]

const places = new WeakMap<object, Place>()
/** Fields that came from elsewhere than the object which they are in. */
const fieldPlaces = new WeakMap<object, Map<PropertyKey, Place>>()

/** A deep copy, free of the sharing that anchors make, whose parts know where they were written. */
export function written<Value>(value: Value, place: Place): Value {
  return copy(value, place) as Value
}

/** A deep copy whose parts were written where those of the original were. */
export function copyOf<Value>(value: Value): Value {
  return copy(value, undefined) as Value
}

function copy(value: unknown, place: Place | undefined): unknown {
  if (!isContainer(value)) return value
  const from = place ?? places.get(value)
  const below = (key: PropertyKey): Place | undefined => place && { ...place, path: [...place.path, key] }
  const result: Container = Array.isArray(value)
    ? value.map((item, index) => copy(item, below(index)))
    : Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copy(field, below(key))]))
  if (from !== undefined) places.set(result, from)
  const fields = place === undefined ? fieldPlaces.get(value) : undefined
  if (fields !== undefined) fieldPlaces.set(result, new Map(fields))
  return result
}

export function placeOf(container: object, key: PropertyKey): Place | undefined {
  const field = fieldPlaces.get(container)?.get(key)
  if (field !== undefined) return field
  const place = places.get(container)
  return place && { ...place, path: [...place.path, key] }
}

/** Sets a field that was written elsewhere. */
export function setField(container: Record<string, unknown>, key: string, value: unknown, place?: Place): void {
  container[key] = value
  if (place === undefined) return
  const fields = fieldPlaces.get(container) ?? new Map<PropertyKey, Place>()
  fields.set(key, place)
  fieldPlaces.set(container, fields)
}

/** The line of what stands at the path, or of the nearest thing above it of which one is known. */
export function locate(root: unknown, path: Path, fallback: Place): Origin {
  let place = isContainer(root) ? (places.get(root) ?? fallback) : fallback
  let value = root
  for (const step of path) {
    if (!isContainer(value)) {
      place = { ...place, path: [...place.path, step] }
      continue
    }
    const known = placeOf(value, step)
    if (known !== undefined) place = known
    value = (value as Record<PropertyKey, unknown>)[step]
    if (isContainer(value)) place = places.get(value) ?? place
  }
  return place.document.locate(place.path)
}

export function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isRecord(value)
}
