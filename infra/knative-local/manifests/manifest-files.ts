// Which files a path stands for, as `kubectl apply -f` and `kubectl apply -k` would take them.
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'
import { buildKustomization, kustomizationNames } from './kustomize/build.ts'
import { parseManifest, type ManifestDocument } from './manifest-document.ts'
import { readManifestText, standardInput } from './manifest-text.ts'
import type { Problem } from './problem.ts'

export interface ManifestFile {
  readonly file: string
  readonly documents: readonly ManifestDocument[]
  /** Some of it is not YAML, or cannot be built. */
  readonly isBroken: boolean
  /** It was asked for by its own name, not as one of a folder. */
  readonly isNamed: boolean
}

/** What `kubectl apply -f FOLDER` takes. */
const extension = /\.(ya?ml|json)$/

export async function readManifestFiles(
  paths: readonly string[]
): Promise<{ manifests: ManifestFile[]; files: string[]; folders: string[]; problems: Problem[] }> {
  const manifests: ManifestFile[] = []
  const problems: Problem[] = []
  const files = new Set<string>()
  const folders = new Set<string>()

  const refuse = (file: string, message: string) =>
    void problems.push({ level: 'error', origin: { file, line: 1 }, path: '', message })

  function take(
    file: string,
    documents: readonly ManifestDocument[],
    found: readonly Problem[],
    isNamed: boolean
  ): void {
    problems.push(...found)
    manifests.push({ file, documents, isBroken: found.some(({ level }) => level === 'error'), isNamed })
  }

  async function readOnce(path: string, isNamed: boolean): Promise<void> {
    const file = path === '-' ? standardInput : normalize(path)
    if (files.has(file) || (path === '-' && manifests.some(read => read.file === standardInput))) return
    if (path !== '-') files.add(file)
    const { documents, problems: found } = parseManifest(file, await readManifestText(path === '-' ? path : file))
    take(file, documents, found, isNamed)
  }

  async function readKustomization(directory: string, file: string): Promise<void> {
    const built = await buildKustomization(directory)
    for (const read of built.files) files.add(read)
    take(file, built.documents, built.problems, true)
  }

  for (const path of paths) {
    if (path === '-') {
      await readOnce(path, true)
      continue
    }
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) {
      files.add(normalize(path))
      refuse(path, 'no such file or directory')
      continue
    }
    if (!found.isDirectory()) {
      if (kustomizationNames.includes(basename(path))) await readKustomization(dirname(path), path)
      else await readOnce(path, true)
      continue
    }
    const names = (await readdir(path, { withFileTypes: true }))
      .filter(entry => !entry.isDirectory())
      .map(entry => entry.name)
    const kustomization = names.find(name => kustomizationNames.includes(name))
    if (kustomization !== undefined) {
      await readKustomization(path, join(path, kustomization))
      continue
    }
    folders.add(normalize(path))
    const yamlNames = names.filter(name => extension.test(name)).toSorted()
    if (yamlNames.length === 0) refuse(path, 'this directory holds no .yaml or .json file and no kustomization')
    for (const name of yamlNames) await readOnce(join(path, name), false)
  }
  return { manifests, files: [...files], folders: [...folders], problems }
}

/** A file that a folder stands for, or that changes what it stands for. */
export function isManifestName(path: string): boolean {
  return extension.test(path) || kustomizationNames.includes(basename(path))
}
