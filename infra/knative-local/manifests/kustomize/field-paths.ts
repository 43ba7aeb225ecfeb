// Paths such as `spec/template/spec/containers/image`: lists on the way are walked through, each item.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/filters/fieldspec/fieldspec.go
import { isRecord } from '../is-record.ts'
import { gvkOf, selects, type Gvk } from './resource.ts'

export interface FieldSpec extends Partial<Gvk> {
  readonly path: string
  /** Objects on the way to the field, and the field, are made where they are missing. */
  readonly create?: boolean
}

/** A field that was found: its container, which may be a list, and its key. */
export interface Field {
  readonly container: Record<PropertyKey, unknown>
  readonly key: PropertyKey
}

/** Calls `visit` with every field that the path leads to; `missing` is what a missing last field is made of when it is to be created. */
export function visitFields(
  object: Record<string, unknown>,
  spec: FieldSpec,
  visit: (field: Field) => void,
  missing?: () => unknown
): void {
  if (!selects(spec, gvkOf(object))) return
  const steps = spec.path.split(/(?<!\\)\//).map(step => step.replaceAll('\\/', '/'))
  walk(object, steps[0] === '' ? steps.slice(1) : steps, spec.create === true ? missing : undefined, visit)
}

function walk(
  value: unknown,
  [step, ...rest]: readonly string[],
  missing: (() => unknown) | undefined,
  visit: (field: Field) => void
): void {
  if (step === undefined || value === null || value === undefined) return
  if (Array.isArray(value)) {
    for (const item of value) walk(item, [step, ...rest], missing, visit)
    return
  }
  if (!isRecord(value)) return
  const isList = step.endsWith('[]')
  const key = isList ? step.slice(0, -2) : step
  if (value[key] === undefined || value[key] === null) {
    if (missing === undefined || isList) return
    value[key] = rest.length === 0 ? missing() : {}
  }
  if (rest.length === 0) visit({ container: value, key })
  else walk(value[key], rest, missing, visit)
}
