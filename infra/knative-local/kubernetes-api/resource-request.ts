// What a path under /api or /apis asks for.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
import type { ResourceType } from './resource-types.ts'

export interface ResourceRequest {
  readonly type: ResourceType
  /** The version that was asked for; answers carry it. */
  readonly version: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

/** `/apis/GROUP/VERSION/...` or `/api/v1/...`, with and without a namespace. */
export function parseResourcePath(path: string, types: readonly ResourceType[]): ResourceRequest | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const [root, ...afterRoot] = parts
  const group = root === 'api' ? '' : root === 'apis' ? afterRoot.shift() : undefined
  const version = afterRoot.shift()
  if (group === undefined || version === undefined) return undefined
  const scoped = afterRoot[0] === 'namespaces' && afterRoot.length > 2
  const namespace = scoped ? afterRoot[1] : undefined
  const [plural, name, subresource, ...more] = scoped ? afterRoot.slice(2) : afterRoot
  const type = types.find(known => known.group === group && known.plural === plural && known.versions.includes(version))
  if (type === undefined || more.length > 0 || (scoped && !type.namespaced)) return undefined
  return {
    type,
    version,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource })
  }
}
