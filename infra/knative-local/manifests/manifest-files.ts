// Which files a path stands for, as `kubectl apply -f` and `kubectl apply -k` would take them.
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'
import { buildKustomization, kustomizationNames } from './kustomize/build.ts'
import { parseManifest, type ManifestDocument } from './manifest-document.ts'
import type { Problem } from './problem.ts'

export interface ManifestFile {
  readonly file: string
  readonly documents: readonly ManifestDocument[]
  /** Some of it is not YAML, or cannot be built. */
  readonly isBroken: boolean
}

export async function readManifestFiles(
  paths: readonly string[]
): Promise<{ manifests: ManifestFile[]; files: string[]; folders: string[]; problems: Problem[] }> {
  const manifests: ManifestFile[] = []
  const problems: Problem[] = []
  const files = new Set<string>()
  const folders = new Set<string>()

  const refuse = (file: string, message: string) =>
    void problems.push({ level: 'error', origin: { file, line: 1 }, path: '', message })

  function take(file: string, documents: readonly ManifestDocument[], found: readonly Problem[]): void {
    problems.push(...found)
    manifests.push({ file, documents, isBroken: found.length > 0 })
  }

  async function readOnce(path: string): Promise<void> {
    const file = normalize(path)
    if (files.has(file)) return
    files.add(file)
    const { documents, problems: found } = parseManifest(file, await readFile(file, 'utf8'))
    take(file, documents, found)
  }

  async function readKustomization(directory: string, file: string): Promise<void> {
    const built = await buildKustomization(directory)
    for (const read of built.files) files.add(read)
    take(file, built.documents, built.problems)
  }

  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) {
      files.add(normalize(path))
      refuse(path, 'no such file or directory')
      continue
    }
    if (!found.isDirectory()) {
      if (kustomizationNames.includes(basename(path))) await readKustomization(dirname(path), path)
      else await readOnce(path)
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
    const yamlNames = names.filter(name => /\.ya?ml$/.test(name)).toSorted()
    if (yamlNames.length === 0) refuse(path, 'this directory holds no .yaml file and no kustomization')
    for (const name of yamlNames) await readOnce(join(path, name))
  }
  return { manifests, files: [...files], folders: [...folders], problems }
}

/** A file that a folder stands for, or that changes what it stands for. */
export function isManifestName(path: string): boolean {
  return /\.ya?ml$/.test(path) || kustomizationNames.includes(basename(path))
}
