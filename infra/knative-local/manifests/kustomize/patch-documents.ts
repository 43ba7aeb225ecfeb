// The patches that a kustomization names, or holds itself.
import { readManifestText } from '../manifest-text.ts'
import { parseManifest } from '../manifest-document.ts'
import type { BuildFiles } from './build-files.ts'
import type { PatchDocument } from './patch.ts'
import type { Place } from './places.ts'
import { Refusal } from './refusal.ts'

export async function patchDocuments(
  files: BuildFiles,
  directory: string,
  { path, patch }: { readonly path?: string | undefined; readonly patch?: string | undefined },
  place: Place
): Promise<PatchDocument[]> {
  if ((path === undefined) === (patch === undefined)) throw new Error('give either path or patch')
  if (path !== undefined) {
    const file = await files.fileOf(directory, path, place)
    const documents = await files.parse(file)
    refuseInexactJson(await readManifestText(file), place)
    return documents.map(document => ({ value: document.value, place: { document, path: [] } }))
  }
  const at: Place = { ...place, path: [...place.path, ...(typeof place.path.at(-1) === 'number' ? ['patch'] : [])] }
  refuseInexactJson((patch ?? '').trim(), at)
  const { documents, problems } = parseManifest('', patch ?? '', 'kustomize')
  if (problems[0] !== undefined) throw new Refusal(at, problems[0].message)
  // The lines of a patch that is written here count from the line of its key.
  const document = { locate: () => at.document.locate(at.path) }
  return documents.map(({ value }) => ({ value, place: { document, path: [] } }))
}

function refuseInexactJson(text: string, place: Place): void {
  if (!text.startsWith('[')) return
  try {
    JSON.parse(text)
  } catch {
    throw new Refusal(place, 'a patch that starts with [ is read as JSON, which this is not; write it as a YAML list')
  }
}

/** Of patchesStrategicMerge, which has files and patches in one list. */
export function isInline(text: string): boolean {
  return text.includes('\n') || /^\s*\{/.test(text)
}
