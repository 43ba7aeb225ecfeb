// JSON patches. https://www.rfc-editor.org/rfc/rfc6902, with the additions of the library that kustomize uses: a negative index
// counts from the end (https://github.com/evanphx/json-patch/tree/v4.12.0).
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { isRecord } from '../is-record.ts'
import { copyOf, placeOf, setField } from './places.ts'

const Operation = z.discriminatedUnion('op', [
  z.looseObject({ op: z.literal('add'), path: z.string(), value: z.unknown() }),
  z.looseObject({ op: z.literal('replace'), path: z.string(), value: z.unknown() }),
  z.looseObject({ op: z.literal('remove'), path: z.string() }),
  z.looseObject({ op: z.literal('test'), path: z.string(), value: z.unknown() }),
  z.looseObject({ op: z.literal('move'), path: z.string(), from: z.string() }),
  z.looseObject({ op: z.literal('copy'), path: z.string(), from: z.string() })
])

/** Throws with a sentence when an operation does not fit the object, which is then left as it was. */
export function applyJsonPatch(object: Record<string, unknown>, patch: readonly unknown[]): Record<string, unknown> {
  const result = copyOf(object)
  for (const [index, raw] of patch.entries()) {
    const read = Operation.safeParse(raw)
    if (!read.success) throw new Error(`operation ${index}: ${read.error.issues[0]?.message ?? 'not valid'}`)
    const operation = read.data
    const fail = (why: string): never => {
      throw new Error(`${operation.op} ${operation.path}: ${why}`)
    }
    const place = isRecord(raw) ? placeOf(raw, 'value') : undefined
    switch (operation.op) {
      case 'add':
        put(result, operation.path, copyOf(operation.value), fail, place)
        break
      case 'replace':
        // The library sets a field that is not there; an item of a list has to be there.
        if (Array.isArray(parentOf(result, operation.path, fail).parent)) take(result, operation.path, fail)
        put(result, operation.path, copyOf(operation.value), fail, place)
        break
      case 'remove':
        take(result, operation.path, fail)
        break
      case 'move':
        put(result, operation.path, take(result, operation.from, fail), fail)
        break
      case 'copy':
        put(result, operation.path, copyOf(get(result, operation.from, () => null)), fail)
        break
      case 'test':
        if (!isDeepStrictEqual(get(result, operation.path, () => null) ?? null, operation.value ?? null))
          fail('the value is another one')
    }
  }
  return result
}

type Fail = (why: string) => unknown

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function parentOf(root: unknown, pointer: string, fail: Fail): { parent: unknown; key: string } {
  const steps = stepsOf(pointer)
  const key = steps.pop()
  if (key === undefined) fail('the path must start with / and name a field')
  let parent = root
  for (const [depth, step] of steps.entries()) {
    parent = Array.isArray(parent) ? parent[indexOf(parent, step)] : isRecord(parent) ? parent[step] : undefined
    if (parent === undefined || parent === null) fail(`there is no /${steps.slice(0, depth + 1).join('/')}`)
  }
  return { parent, key: key ?? '' }
}

function get(root: unknown, pointer: string, fail: Fail): unknown {
  const { parent, key } = parentOf(root, pointer, fail)
  const value = Array.isArray(parent) ? parent[indexOf(parent, key)] : isRecord(parent) ? parent[key] : undefined
  return value === undefined ? fail('there is no such field') : value
}

function take(root: unknown, pointer: string, fail: Fail): unknown {
  const value = get(root, pointer, fail)
  const { parent, key } = parentOf(root, pointer, fail)
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key), 1)
  else if (isRecord(parent)) delete parent[key]
  return value
}

function put(root: unknown, pointer: string, value: unknown, fail: Fail, place?: ReturnType<typeof placeOf>): void {
  const { parent, key } = parentOf(root, pointer, fail)
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexOf(parent, key, parent.length + 1)
    if (!(index >= 0 && index <= parent.length)) fail(`the list has ${parent.length} items`)
    parent.splice(index, 0, value)
  } else if (isRecord(parent)) setField(parent, key, value, place)
  else fail('what is there is neither an object nor a list')
}

function indexOf(list: readonly unknown[], step: string, length = list.length): number {
  const index = /^-?\d+$/.test(step) ? Number(step) : Number.NaN
  return index < 0 ? length + index : index
}
