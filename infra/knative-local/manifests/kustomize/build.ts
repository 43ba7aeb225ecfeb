// A kustomization becomes the objects that `kubectl kustomize` prints.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/target/kusttarget.go
import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { isRecord } from '../is-record.ts'
import type { ManifestDocument } from '../manifest-document.ts'
import type { Problem } from '../problem.ts'
import { checkSchema } from '../schema.ts'
import { BuildFiles, isBelow, isFile } from './build-files.ts'
import { contentHash, generate } from './generate.ts'
import { kustomizationSchema, type Var } from './kustomization.ts'
import { updateNameReferences } from './name-references.ts'
import { locate, written, type Place } from './places.ts'
import { Refusal } from './refusal.ts'
import { markVarSources, resolveVars } from './replace.ts'
import { metadataOf, newResource, rememberId, type Resource } from './resource.ts'
import { absorb, add, objectsIn } from './resource-list.ts'
import type { Target } from './target.ts'
import { transformAll } from './transform-all.ts'

export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** An object with this annotation is read by tools and not sent to a cluster. */
const localConfigAnnotation = 'config.kubernetes.io/local-config'

export interface BuildResult {
  /** One an object. */
  readonly documents: readonly ManifestDocument[]
  readonly problems: readonly Problem[]
  /** Every file that was read, or looked for and not found. */
  readonly files: readonly string[]
}

/** Builds the kustomization in a directory. Problems that are errors leave `documents` empty. */
export async function buildKustomization(directory: string): Promise<BuildResult> {
  const files = new BuildFiles()
  const build = new Build(files)
  const vars: Var[] = []
  const resources: Resource[] = []
  const root: Place = { document: { locate: () => ({ file: directory, line: 1 }) }, path: [] }
  await files.attempt(root, async () => {
    await build.accumulate(directory, resources, vars, [], root)
    for (const resource of resources) {
      if (resource.generated?.needsHash !== true) continue
      rememberId(resource)
      const metadata = metadataOf(resource)
      metadata.name = `${String(metadata.name)}-${contentHash(resource)}`
    }
    updateNameReferences(resources)
    resolveVars(resources, vars)
  })
  const failed = files.problems.some(({ level }) => level === 'error')
  return {
    documents: failed ? [] : resources.filter(isForCluster).map(documentOf),
    problems: files.problems,
    files: [...files.read]
  }
}

class Build {
  readonly #files: BuildFiles

  constructor(files: BuildFiles) {
    this.#files = files
  }

  /** Adds the objects of the kustomization in a directory to `resources`; a component changes those that are there. */
  async accumulate(
    directory: string,
    resources: Resource[],
    vars: Var[],
    outer: readonly string[],
    from: Place,
    isComponent = false
  ): Promise<void> {
    const here = normalize(join(directory, '.'))
    if (outer.some(ancestor => ancestor === here || isBelow(here, ancestor)))
      throw new Refusal(from, 'this kustomization lists itself, by way of its resources')
    const document = await this.#readKustomization(here, from)
    const place: Place = { document, path: [] }
    const kustomization = checkSchema(
      kustomizationSchema,
      { document, path: [] },
      [],
      document.value,
      this.#files.problems
    )
    if (kustomization === undefined) return
    if (isComponent !== (kustomization.kind === 'Component'))
      throw new Refusal(from, isComponent ? 'this is no Component' : 'this is a Component; list it under components')
    const step = (field: string, index?: number): Place => ({
      ...place,
      path: index === undefined ? [field] : [field, index]
    })
    const target: Target = { directory: here, kustomization, resources, vars, chain: [...outer, here], step }

    const before = this.#files.problems.length
    await this.#readResources(target)
    await this.#generate(target)
    for (const [index, component] of (kustomization.components ?? []).entries()) {
      await this.#files.attempt(step('components', index), async () => {
        const path = await this.#files.local(here, component, 'component', step('components', index))
        await this.accumulate(path, resources, vars, target.chain, step('components', index), true)
      })
    }
    // What is missing would make every patch of it a second error.
    if (this.#files.problems.slice(before).some(({ level }) => level === 'error')) return
    await transformAll(this.#files, target)
    const own = kustomization.vars ?? []
    await this.#files.attempt(step('vars'), () => markVarSources(resources, own))
    vars.push(...own)
  }

  async #readKustomization(directory: string, from: Place): Promise<ManifestDocument> {
    const found: string[] = []
    for (const name of kustomizationNames) if (await isFile(join(directory, name))) found.push(join(directory, name))
    const [file, other] = found
    if (file === undefined) throw new Refusal(from, `${directory} holds no kustomization.yaml`)
    if (other !== undefined) throw new Refusal(from, `${directory} holds two kustomizations, ${file} and ${other}`)
    const documents = await this.#files.parse(file, 'kustomization')
    const [document] = documents
    const nothing: Place = { document: document ?? { locate: () => ({ file, line: 1 }) }, path: [] }
    if (document === undefined || !isRecord(document.value) || Object.keys(document.value).length === 0)
      throw new Refusal(nothing, 'this kustomization is empty')
    if (documents.length > 1) throw new Refusal(nothing, 'a kustomization is one document')
    return document
  }

  async #readResources({ directory, kustomization, resources, vars, chain, step }: Target): Promise<void> {
    for (const field of ['resources', 'bases'] as const) {
      for (const [index, resource] of (kustomization[field] ?? []).entries()) {
        const place = step(field, index)
        await this.#files.attempt(place, async () => {
          const path = await this.#files.local(directory, resource, 'resource', place)
          if (await isFile(path)) return this.#readObjects(directory, path, resources, place)
          const inner: Resource[] = []
          await this.accumulate(path, inner, vars, chain, place)
          for (const object of inner) add(resources, object, place)
        })
      }
    }
  }

  async #readObjects(directory: string, path: string, resources: Resource[], from: Place): Promise<void> {
    this.#files.warnOutside(directory, path, from)
    for (const document of await this.#files.parse(path)) {
      for (const { value, place } of objectsIn(document.value, { document, path: [] })) {
        const { kind } = value
        const name = isRecord(value.metadata) ? value.metadata.name : undefined
        if (typeof kind !== 'string' || kind === '') throw new Refusal(place, 'missing field kind')
        if (typeof name !== 'string' || name === '')
          throw new Refusal({ ...place, path: [...place.path, 'metadata', 'name'] }, `${kind}: missing metadata.name`)
        add(resources, newResource(written(value, place), place), place)
      }
    }
  }

  async #generate({ directory, kustomization, resources, step }: Target): Promise<void> {
    for (const [field, kind] of [
      ['configMapGenerator', 'ConfigMap'],
      ['secretGenerator', 'Secret']
    ] as const) {
      for (const [index, generator] of (kustomization[field] ?? []).entries()) {
        const place = step(field, index)
        await this.#files.attempt(place, async () => {
          const common = kustomization.generatorOptions ?? {}
          const generated = await generate(kind, generator, common, place, async path => {
            const file = join(directory, path)
            this.#files.warnOutside(directory, file, place)
            this.#files.read.add(normalize(file))
            return readFile(file)
          })
          absorb(resources, generated)
        })
      }
    }
  }
}

function documentOf({ value, place }: Resource): ManifestDocument {
  return { value, locate: path => locate(value, path, place) }
}

function isForCluster(resource: Resource): boolean {
  const { annotations } = metadataOf(resource)
  const mark = isRecord(annotations) ? annotations[localConfigAnnotation] : undefined
  return mark === undefined || mark === 'false'
}
