import { splitApiVersion, type ResourceType } from './resource-types.ts'
import type { ServedObject } from './served-objects.ts'

export function isOfType({ apiVersion, kind }: ServedObject, type: ResourceType): boolean {
  return kind === type.kind && splitApiVersion(apiVersion).group === type.group
}
