// What `kubectl apply -k` would send, as objects.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'

export const overlays = ['dev', 'production'] as const
export type Overlay = (typeof overlays)[number]

const ManifestObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({})
  })
})
export type ManifestObject = z.infer<typeof ManifestObject>

const rendered = new Map<string, readonly ManifestObject[]>()

/** @throws when kubectl is missing or the kustomization does not build */
export function render(overlay: Overlay): readonly ManifestObject[] {
  const known = rendered.get(overlay)
  if (known) return known
  const objects = kustomize(join('infra/overlays', overlay))
  rendered.set(overlay, objects)
  return objects
}

/** The objects of one kind, read with a schema that names what the test looks at. */
export function objectsOf<Schema extends z.ZodType>(
  overlay: Overlay,
  type: { readonly apiVersion: string; readonly kind: string },
  schema: Schema
): z.infer<Schema>[] {
  return render(overlay)
    .filter(object => object.apiVersion === type.apiVersion && object.kind === type.kind)
    .map(object => schema.parse(object))
}

/** @throws as `render`; a relative folder is one of the project */
export function kustomize(folder: string): ManifestObject[] {
  try {
    const text = execFileSync('kubectl', ['kustomize', folder], { cwd: projectDirectory, encoding: 'utf8' })
    return parseAllDocuments(text).map(document => ManifestObject.parse(document.toJS()))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(
        'kubectl is not on PATH. These tests render the overlays with `kubectl kustomize`: install kubectl 1.27 or later (no cluster is needed).',
        { cause: error }
      )
    }
    throw error
  }
}
