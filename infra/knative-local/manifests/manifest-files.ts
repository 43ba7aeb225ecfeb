// Which files a path stands for, as `kubectl apply -f` and `kubectl apply -k` would take them.
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { z } from 'zod'
import { parseManifest, type ManifestDocument } from './manifest-document.ts'
import type { Problem } from './problem.ts'

/** What a kustomization adds to every object that it lists. */
export interface Additions {
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
}

export interface ManifestFile {
  readonly file: string
  readonly documents: readonly ManifestDocument[]
  /** Some of it is not YAML. */
  readonly isBroken: boolean
  readonly additions: Additions
}

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Kustomizations may nest this deep; more is a loop. */
const maxKustomizationDepth = 16

/** The fields read here, and those without a meaning on one machine. Any other would change objects unseen. */
const Kustomization = z.looseObject({
  resources: z.array(z.string()).default([]),
  namespace: z.string().optional(),
  commonLabels: z.record(z.string(), z.string()).default({}),
  labels: z.array(z.looseObject({ pairs: z.record(z.string(), z.string()).default({}) })).default([])
})
const harmlessFields = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'images',
  'sortOptions',
  'buildMetadata',
  'configurations',
  'openapi'
])

export async function readManifestFiles(
  paths: readonly string[]
): Promise<{ manifests: ManifestFile[]; files: string[]; folders: string[]; problems: Problem[] }> {
  const manifests: ManifestFile[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  /** Looked for in vain. */
  const missing = new Set<string>()
  const folders = new Set<string>()

  const refuse = (file: string, message: string, line = 1) =>
    problems.push({ level: 'error', origin: { file, line }, path: '', message })

  async function readFileOnce(path: string, additions: Additions): Promise<void> {
    const file = normalize(path)
    if (seen.has(file)) return
    seen.add(file)
    const { documents, problems: found } = parseManifest(file, await readFile(file, 'utf8'))
    problems.push(...found)
    manifests.push({ file, documents, isBroken: found.length > 0, additions })
  }

  async function readKustomization(file: string, outer: Additions, depth: number): Promise<void> {
    if (depth > maxKustomizationDepth)
      return void refuse(file, 'this kustomization lists itself, by way of its resources')
    seen.add(normalize(file))
    const { documents, problems: found } = parseManifest(file, await readFile(file, 'utf8'))
    problems.push(...found)
    const document = documents[0]
    if (document === undefined) return
    const read = Kustomization.safeParse(document.value)
    if (!read.success) {
      for (const issue of read.error.issues) {
        problems.push({
          level: 'error',
          origin: document.locate(issue.path),
          path: issue.path.join('.'),
          message: issue.message
        })
      }
      return
    }
    const { resources, namespace, commonLabels, labels, ...others } = read.data
    for (const field of Object.keys(others)) {
      if (harmlessFields.has(field)) continue
      problems.push({
        level: 'warning',
        origin: document.locate([field]),
        path: field,
        message: 'not applied here: of a kustomization only resources, namespace and labels are read'
      })
    }
    const additions: Additions = {
      namespace: outer.namespace ?? namespace,
      labels: { ...commonLabels, ...Object.assign({}, ...labels.map(label => label.pairs)), ...outer.labels }
    }
    for (const [index, resource] of resources.entries()) {
      const path = join(dirname(file), resource)
      if (/^[a-z]+:\/\//.test(resource) || /^[\w.-]+\.[a-z]+\//.test(resource)) {
        refuse(
          file,
          `resource ${resource} is not a local file; remote resources are not read here`,
          document.locate(['resources', index]).line
        )
      } else if ((await kindOfPath(path)) === 'missing') {
        missing.add(normalize(path))
        refuse(file, `resource ${resource} does not exist`, document.locate(['resources', index]).line)
      } else await readPath(path, additions, depth + 1)
    }
  }

  async function readPath(path: string, additions: Additions, depth: number): Promise<void> {
    const kind = await kindOfPath(path)
    if (kind === 'missing') {
      missing.add(normalize(path))
      return void refuse(path, 'no such file or directory')
    }
    if (kind === 'file')
      return isKustomization(path) ? readKustomization(path, additions, depth) : readFileOnce(path, additions)
    const names = (await readdir(path, { withFileTypes: true }))
      .filter(entry => !entry.isDirectory())
      .map(entry => entry.name)
    const kustomization = names.find(isKustomization)
    if (kustomization !== undefined) return readKustomization(join(path, kustomization), additions, depth)
    folders.add(normalize(path))
    const yamlNames = names.filter(name => /\.ya?ml$/.test(name)).toSorted()
    if (yamlNames.length === 0) refuse(path, 'this directory holds no .yaml file and no kustomization')
    for (const name of yamlNames) await readFileOnce(join(path, name), additions)
  }

  for (const path of paths) await readPath(path, { labels: {} }, 0)
  return { manifests, files: [...seen, ...missing], folders: [...folders], problems }
}

/** A file that a folder stands for, or that changes what it stands for. */
export function isManifestName(path: string): boolean {
  return /\.ya?ml$/.test(path) || isKustomization(path)
}

function isKustomization(path: string): boolean {
  return kustomizationNames.some(name => path === name || path.endsWith(`/${name}`))
}

async function kindOfPath(path: string): Promise<'file' | 'directory' | 'missing'> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return 'missing'
  return found.isDirectory() ? 'directory' : 'file'
}
