// Replacements and vars: a field of one object is written into fields of others.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/filters/replacement/replacement.go
import { isRecord } from '../is-record.ts'
import { visitFields, type FieldSpec } from './field-paths.ts'
import type { Replacement, Var } from './kustomization.ts'
import { copyOf } from './places.ts'
import { allIds, gvkOf, effectiveNamespace, selects, type Id, type Resource } from './resource.ts'
import { hasLabels, type Selector } from './select.ts'

export function replace(resources: readonly Resource[], { source, targets }: Replacement): void {
  if (source === undefined || targets === undefined) throw new Error('a replacement needs a source and targets')
  const value = sourceValue(resources, source)
  for (const { select, reject = [], fieldPaths = ['metadata.name'], options } of targets) {
    for (const resource of resources) {
      if (!isSelected(resource, select) || reject.some(rejected => isRejected(resource, rejected))) continue
      for (const path of fieldPaths) {
        const found = fieldsAt(resource.value, splitPath(path), options?.create === true)
        if (found.length === 0) throw new Error(`${String(resource.value.kind)} has no field ${path}`)
        for (const { container, key } of found)
          container[key] = newValue(container[key], copyOf(value), options ?? {}, path)
      }
    }
  }
}

function sourceValue(resources: readonly Resource[], source: NonNullable<Replacement['source']>): unknown {
  const matching = resources.filter(resource => isSelected(resource, source))
  const name = [source.kind, source.name].filter(Boolean).join(' ')
  if (matching.length !== 1)
    throw new Error(`the source ${name} is ${matching.length === 0 ? 'no' : 'more than one'} object`)
  const path = source.fieldPath || 'metadata.name'
  const [field] = fieldsAt(matching[0]?.value ?? {}, splitPath(path), false)
  const value = field?.container[field.key]
  if (value === undefined || value === null) throw new Error(`the source ${name} has no ${path}`)
  const { delimiter, index = 0 } = source.options ?? {}
  if (!delimiter) return value
  if (isRecord(value) || Array.isArray(value)) throw new Error(`${path} is not a text that can be split`)
  const part = String(value).split(delimiter)[index]
  if (part === undefined) throw new Error(`${path} has no part ${index}`)
  return part
}

function newValue(
  before: unknown,
  value: unknown,
  { delimiter, index = 0 }: { delimiter?: string | undefined; index?: number | undefined },
  path: string
): unknown {
  if (delimiter) {
    if (isRecord(before) || Array.isArray(before)) throw new Error(`${path} is not a text that can be split`)
    const parts = before === undefined ? [''] : String(before).split(delimiter)
    if (index < 0) parts.unshift(String(value))
    else if (index >= parts.length) parts.push(String(value))
    else parts[index] = String(value)
    return parts.join(delimiter)
  }
  // A text that takes a number stays a text, and a number that takes a text of digits stays a number.
  if (typeof before === 'string' && !isRecord(value) && !Array.isArray(value)) return String(value)
  if (typeof before === 'number' && typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value)
  return value
}

interface Field {
  readonly container: Record<PropertyKey, unknown>
  readonly key: PropertyKey
}

function fieldsAt(value: unknown, [step, ...rest]: readonly string[], create: boolean): Field[] {
  if (step === undefined) return []
  const below = (container: Record<PropertyKey, unknown>, key: PropertyKey): Field[] =>
    rest.length === 0 ? [{ container, key }] : fieldsAt(container[key], rest, create)
  if (Array.isArray(value)) {
    const list = value as never as Record<PropertyKey, unknown>
    const [, field, wanted = ''] = /^\[([^=]*)=(.*)\]$/.exec(step) ?? []
    const pattern = new RegExp(wanted)
    const keys = [...value.keys()].filter(index => {
      const item: unknown = value[index]
      if (field === undefined) return step === '*' || Number(step) === index
      const compared = field === '' ? item : isRecord(item) ? item[field] : undefined
      return compared !== undefined && pattern.test(String(compared))
    })
    if (keys.length === 0 && create && field !== undefined) {
      value.push(field === '' ? wanted : { [field]: wanted })
      keys.push(value.length - 1)
    }
    return keys.flatMap(key => below(list, key))
  }
  if (!isRecord(value)) return []
  if (step === '*') return Object.keys(value).flatMap(key => below(value, key))
  if (value[step] === undefined) {
    if (!create) return []
    const next = rest[0]
    if (next !== undefined) value[step] = /^(\[.*\]|\d+|-)$/.test(next) ? [] : {}
  }
  return below(value, step)
}

/** Dots separate, except after a backslash and in brackets: `metadata.annotations.[a.b/c]`, `containers.[name=web].image`. */
function splitPath(path: string): string[] {
  const steps = path.match(/\[[^\]]*\]|(?:\\\.|[^.])+/g) ?? []
  return steps.map(step =>
    step.startsWith('[') && step.includes('.') && !step.includes('=') ? step.slice(1, -1) : step.replaceAll('\\.', '.')
  )
}

function isSelected(resource: Resource, selector: Selector): boolean {
  return hasLabels(resource, selector) && allIds(resource).some(id => idMatches(id, selector))
}

function isRejected(resource: Resource, selector: Selector): boolean {
  const byId = Boolean(selector.group || selector.version || selector.kind || selector.name || selector.namespace)
  const byLabels = Boolean(selector.labelSelector || selector.annotationSelector)
  return (byId && allIds(resource).some(id => idMatches(id, selector))) || (byLabels && hasLabels(resource, selector))
}

function idMatches(id: Id, { name, namespace, ...gvk }: Selector): boolean {
  return (
    (!name || name === id.name) &&
    (!namespace || effectiveNamespace(id) === namespace) &&
    selects({ group: gvk.group ?? '', version: gvk.version ?? '', kind: gvk.kind ?? '' }, id)
  )
}

/** Vars read an object as it is in the end, after all names have changed. */
export function resolveVars(
  resources: readonly Resource[],
  vars: readonly Var[],
  varReferences: readonly FieldSpec[]
): void {
  const values = new Map<string, unknown>()
  for (const { name, fieldref } of vars) {
    const resource = resources.find(candidate => candidate.vars.has(name))
    const path = fieldref?.fieldpath ?? fieldref?.fieldPath ?? 'metadata.name'
    const [field] = fieldsAt(resource?.value ?? {}, splitPath(path.replaceAll(/\[(\d+)\]/g, '.$1')), false)
    if (field === undefined) throw new Error(`the var ${name} names no field of an object here`)
    values.set(name, field.container[field.key])
  }
  if (values.size === 0) return
  for (const { value } of resources) {
    for (const spec of varReferences) visitFields(value, spec, ({ container, key }) => expand(container, key, values))
  }
}

function expand(container: Record<PropertyKey, unknown>, key: PropertyKey, values: ReadonlyMap<string, unknown>): void {
  const value = container[key]
  if (typeof value === 'string') container[key] = expanded(value, values)
  else if (Array.isArray(value))
    container[key] = value.map(item => (typeof item === 'string' ? expanded(item, values) : item))
  else if (isRecord(value)) {
    for (const [field, text] of Object.entries(value))
      if (typeof text === 'string') value[field] = expanded(text, values)
  }
}

/** `$(NAME)`; `$$` stands for a `$`. A text that is nothing but the var becomes a value of its type. */
function expanded(text: string, values: ReadonlyMap<string, unknown>): unknown {
  const whole = /^\$\(([^)]*)\)$/.exec(text)?.[1]
  if (whole !== undefined && values.has(whole)) return values.get(whole)
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (match: string, name: string | undefined) =>
    name === undefined ? '$' : values.has(name) ? String(values.get(name)) : match
  )
}

/** Marks the object that a var reads while its name is still the one that the var knows. */
export function markVarSources(resources: readonly Resource[], vars: readonly Var[]): void {
  for (const { name, objref } of vars) {
    const { apiVersion, ...fields } = objref
    const gvk = apiVersion === undefined ? {} : gvkOf({ apiVersion, kind: fields.kind })
    const selector = { ...gvk, ...fields }
    const matching = resources.filter(resource => allIds(resource).some(id => idMatches(id, selector)))
    if (matching.length > 1) throw new Error(`the var ${name} may mean ${matching.length} objects`)
    matching[0]?.vars.add(name)
  }
}
