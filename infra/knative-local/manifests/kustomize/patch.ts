// The patches of a kustomization, read and applied.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/builtins/PatchTransformer.go
import { isRecord } from '../is-record.ts'
import { applyJsonPatch } from './json-patch.ts'
import type { Patch } from './kustomization.ts'
import { isContainer, written, type Place } from './places.ts'
import { allIds, currentId, describeId, gvkOf, metadataOf, rememberId, sameId, type Resource } from './resource.ts'
import { selectResources } from './select.ts'
import { strategicMerge } from './strategic-merge.ts'

/** A document of a patch; `place` is where it was written. */
export interface PatchDocument {
  readonly value: unknown
  readonly place: Place
}

/** Applies one entry of `patches`; an object that it deletes leaves the list. */
export function applyPatch(
  resources: Resource[],
  { target, options }: Patch,
  documents: readonly PatchDocument[]
): void {
  const [first] = documents
  if (first === undefined) throw new Error('the patch is empty')
  const bodies = documents.map(({ value, place }) => (isContainer(value) ? written(value, place) : value))
  if (Array.isArray(bodies[0])) {
    if (target === undefined) throw new Error('a JSON patch needs a target')
    for (const resource of selectResources(resources, target)) {
      rememberId(resource)
      // Kustomize keeps notes of its own there while it builds: a JSON patch always finds annotations.
      metadataOf(resource).annotations ??= {}
      resource.value = applyJsonPatch(resource.value, bodies[0])
    }
    return
  }
  if (target !== undefined && bodies.length > 1) throw new Error('a patch of several objects takes no target')
  for (const body of bodies) {
    if (!isRecord(body)) throw new Error('the patch is neither an object nor a list of operations')
    const id = currentId({ value: body })
    if (id.kind === '' || id.name === '') throw new Error('the patch needs kind and metadata.name')
    const chosen =
      target === undefined
        ? resources.filter(resource => allIds(resource).some(known => sameId(known, id)))
        : selectResources(resources, target)
    if (target === undefined && chosen.length !== 1)
      throw new Error(
        `${chosen.length === 0 ? 'no object is' : 'several objects are'} the ${describeId(id)} of this patch`
      )
    for (const resource of chosen) mergeInto(resources, resource, body, options ?? {})
  }
}

function mergeInto(
  resources: Resource[],
  resource: Resource,
  body: Record<string, unknown>,
  { allowNameChange, allowKindChange }: NonNullable<Patch['options']>
): void {
  const { apiVersion, kind } = resource.value
  const { name, namespace } = metadataOf(resource)
  if (allowNameChange === true || allowKindChange === true) rememberId(resource)
  const merged = strategicMerge(gvkOf(resource.value), resource.value, body)
  if (merged === undefined) return void resources.splice(resources.indexOf(resource), 1)
  resource.value = merged
  const metadata = metadataOf(resource)
  merged.apiVersion = apiVersion
  if (allowKindChange !== true) merged.kind = kind
  if (allowNameChange !== true) metadata.name = name
  if (namespace === undefined) delete metadata.namespace
  else metadata.namespace = namespace
}
