// Strategic merge patches, as kustomize applies them: an item of a patch comes before those that were there.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/kyaml/yaml/merge2/merge2.go
import { isRecord } from '../is-record.ts'
import { mergeKeysOf } from './merge-keys.ts'
import { copyOf, placeOf, setField } from './places.ts'
import type { Gvk } from './resource.ts'

/** The patched object, or undefined when the patch deletes it. Neither argument is changed. */
export function strategicMerge(
  gvk: Gvk,
  object: Record<string, unknown>,
  patch: Record<string, unknown>
): Record<string, unknown> | undefined {
  const result = merge(gvk, [], copyOf(object), copyOf(patch))
  return isRecord(result) ? result : undefined
}

/** Undefined: nothing is left. A `patch` of undefined says nothing of the value. */
function merge(gvk: Gvk, path: readonly string[], value: unknown, patch: unknown): unknown {
  if (patch === undefined) return value
  if (patch === null) return undefined
  if (value !== undefined && value !== null && shapeOf(value) !== shapeOf(patch)) {
    throw new Error(`${path.join('.')}: the patch has ${shapeOf(patch)} where the object has ${shapeOf(value)}`)
  }
  if (Array.isArray(patch)) return mergeList(gvk, path, Array.isArray(value) ? value : undefined, patch)
  if (!isRecord(patch)) return patch
  const { $patch: directive, ...fields } = patch
  if (directive !== undefined && directive !== 'delete' && directive !== 'replace' && directive !== 'merge')
    throw new Error(`${path.join('.')}: $patch is ${String(directive)}; use delete, replace or merge`)
  if (directive === 'delete') return undefined
  delete patch.$patch
  const isNew = !isRecord(value) || directive === 'replace'
  const result = isNew ? patch : value
  for (const key of Object.keys(fields)) {
    const merged = merge(gvk, [...path, key], isNew ? undefined : result[key], patch[key])
    if (merged === undefined) delete result[key]
    else if (merged === result[key]) continue // written where it was
    else
      setField(result, key, merged, placeOf(isRecord(merged) && !isNew && merged === value[key] ? result : patch, key))
  }
  return result
}

function mergeList(
  gvk: Gvk,
  path: readonly string[],
  value: readonly unknown[] | undefined,
  patch: readonly unknown[]
): unknown[] | undefined {
  const keys = mergeKeysOf(gvk, path)
  if (keys === undefined) return [...patch]
  const directive = patch.find(item => isRecord(item) && '$patch' in item && Object.keys(item).length === 1)
  const kind = isRecord(directive) ? directive.$patch : 'merge'
  if (kind === 'delete') return undefined
  const items = patch.filter(item => item !== directive)
  const present = kind === 'replace' || value === undefined ? [] : value
  if (keys.length === 0) return [...new Set([...items, ...present])]

  const added: unknown[] = []
  const patched = new Map<unknown, unknown>()
  for (const item of items) {
    const index = present.findIndex(candidate => isSameItem(keys, candidate, item))
    if (index !== -1 && isAmbiguous(keys, item, [...present, ...items])) continue
    const before = present[index]
    // Kustomize loses a replacement of an item that is there.
    const isLost = before !== undefined && isRecord(item) && item.$patch === 'replace'
    const result = isLost ? before : merge(gvk, path, before, item)
    const isEmpty = result === undefined || (isRecord(result) && Object.keys(result).length === 0)
    if (before !== undefined) patched.set(before, isEmpty ? undefined : result)
    if (!isEmpty && (before === undefined || keys.length === 1)) added.push(result)
  }
  // With one key what is patched comes first, in the patch's order; with two it stays where it was.
  const rest = present.flatMap(item => {
    if (!patched.has(item)) return [item]
    const result = patched.get(item)
    return keys.length === 1 || result === undefined ? [] : [result]
  })
  return [...added, ...rest]
}

/** Of a port with a protocol and one without, kustomize keeps the one that was there, whatever a patch says of it. */
function isAmbiguous(keys: readonly string[], item: unknown, all: readonly unknown[]): boolean {
  return all.some(
    other => isSameItem(keys, other, item) && !keys.every(key => hasField(other, key) === hasField(item, key))
  )
}

/** A key that one of the two leaves out, such as a port's protocol, does not distinguish them. */
function isSameItem(keys: readonly string[], a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return false
  const both = keys.filter(key => a[key] !== undefined && b[key] !== undefined)
  return both.length > 0 && both.every(key => a[key] === b[key])
}

function hasField(value: unknown, key: string): boolean {
  return isRecord(value) && value[key] !== undefined
}

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isRecord(value) ? 'an object' : 'a single value'
}
