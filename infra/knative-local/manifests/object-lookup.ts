// What the checks of references have in common: finding objects, and a value in one.
import { isRecord } from './is-record.ts'
import type { LoadOptions } from './load-plan.ts'
import type { Path } from './manifest-document.ts'
import type { WrittenObject } from './manifest-objects.ts'
import type { Problem } from './problem.ts'

export type Report = (level: Problem['level'], of: WrittenObject, path: Path, message: string) => void

export function meant(near: string | undefined): string {
  return near === undefined ? '.' : `; did you mean "${near}"?`
}

export function ofKind(objects: readonly WrittenObject[], key: string): WrittenObject[] {
  return objects.filter(({ kindKey }) => kindKey === key)
}

export function grouped(
  objects: readonly WrittenObject[],
  key: (written: WrittenObject) => unknown
): [unknown, WrittenObject[]][] {
  return [...Map.groupBy(objects, key)]
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (isRecord(inner) ? inner[String(step)] : undefined), value)
}

/** Names that were given with --resolve. */
export function namesIn(namespace: string, { resolved }: LoadOptions): string[] {
  return [...(resolved ?? [])].flatMap(key =>
    key.startsWith(`${namespace}/`) ? [key.slice(namespace.length + 1)] : []
  )
}
