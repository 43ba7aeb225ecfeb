// What an edit makes of the objects, for the person who saved it.
import { isDeepStrictEqual } from 'node:util'
import type { ManifestObject } from './plan.ts'

/** More than a branch switch has to say on one line. */
const maxNamed = 6

/** `KafkaSource shop/orders changed, Service shop/web added`; undefined when all objects are as they were. */
export function describeChanges(
  before: readonly ManifestObject[],
  after: readonly ManifestObject[]
): string | undefined {
  const [old, now] = [byName(before), byName(after)]
  const changes = [
    ...[...now].flatMap(([name, object]) => {
      const was = old.get(name)
      if (was === undefined) return [`${name} added`]
      return isDeepStrictEqual(was, object) ? [] : [`${name} changed`]
    }),
    ...[...old.keys()].filter(name => !now.has(name)).map(name => `${name} removed`)
  ]
  if (changes.length === 0) return undefined
  const more = changes.length > maxNamed ? [`and ${changes.length - maxNamed} more`] : []
  return [...changes.slice(0, maxNamed), ...more].join(', ')
}

/** Where an object stands is no part of it. */
function byName(objects: readonly ManifestObject[]): Map<string, object> {
  return new Map(
    objects.map(object => {
      const { kind, metadata } = object
      const namespace = metadata.namespace === undefined ? '' : `${metadata.namespace}/`
      return [`${kind} ${namespace}${metadata.name}`, { ...object, origin: undefined }]
    })
  )
}
