import type { Path } from './manifest-document.ts'
import { isRecord } from './is-record.ts'

/** An API server takes `field: null`, and `field:` with nothing behind it, for a field that is not there. `dropped` gets their paths. */
export function withoutNulls(value: unknown, dropped: Path[], path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutNulls(item, dropped, [...path, index]))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      if (field !== null) return [[key, withoutNulls(field, dropped, [...path, key])]]
      dropped.push([...path, key])
      return []
    })
  )
}
