// A kustomization becomes the objects that `kubectl kustomize` prints.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/target/kusttarget.go
import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { isRecord } from '../is-record.ts'
import type { ManifestDocument } from '../manifest-document.ts'
import { hasErrors, type Problem } from '../problem.ts'
import { checkSchema } from '../schema.ts'
import { BuildFiles, isBelow, isFile } from './build-files.ts'
import { contentHash, generate } from './generate.ts'
import { Configuration, configurationSchema } from './configuration.ts'
import { goFields } from './go-fields.ts'
import { kustomizationSchema, type Var } from './kustomization.ts'
import { updateNameReferences } from './name-references.ts'
import { isContainer, locate, written, type Place } from './places.ts'
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
  const configuration = new Configuration()
  const root: Place = { document: { locate: () => ({ file: directory, line: 1 }) }, path: [] }
  await files.attempt(root, async () => {
    await build.accumulate(directory, { resources, vars, configuration, outer: [], from: root })
    for (const resource of resources) {
      if (resource.generated?.needsHash !== true) continue
      rememberId(resource)
      const metadata = metadataOf(resource)
      metadata.name = `${String(metadata.name)}-${contentHash(resource)}`
    }
    updateNameReferences(resources, configuration.nameReferences)
    resolveVars(resources, vars, configuration.varReferences)
    for (const resource of resources) writeAnnotations(resource)
  })
  const failed = hasErrors(files.problems)
  return {
    documents: failed ? [] : resources.filter(isForCluster).map(documentOf),
    problems: files.problems,
    files: [...files.read]
  }
}

interface Accumulation {
  readonly resources: Resource[]
  readonly vars: Var[]
  readonly configuration: Configuration
  /** The directories of the kustomizations that list this one. */
  readonly outer: readonly string[]
  readonly from: Place
}

class Build {
  readonly #files: BuildFiles

  constructor(files: BuildFiles) {
    this.#files = files
  }

  /** Adds the objects of the kustomization in a directory to those of `into`; a component changes those that are there. */
  async accumulate(directory: string, into: Accumulation, isComponent = false): Promise<void> {
    const { resources, vars, configuration, outer, from } = into
    const here = normalize(join(directory, '.'))
    if (outer.some(ancestor => ancestor === here || isBelow(here, ancestor)))
      throw new Refusal(from, 'this kustomization lists itself, by way of its resources')
    const document = await this.#readKustomization(here, from)
    const place: Place = { document, path: [] }
    const kustomization = checkSchema(
      kustomizationSchema,
      { document, path: [] },
      [],
      goFields(document.value),
      this.#files.problems
    )
    if (kustomization === undefined) return
    if (Object.keys(kustomization).every(field => field === 'apiVersion' || field === 'kind'))
      throw new Refusal(place, 'this kustomization is empty')
    // A component may be built alone, but not be listed as something else.
    if (outer.length > 0 && isComponent !== (kustomization.kind === 'Component'))
      throw new Refusal(from, isComponent ? 'this is no Component' : 'this is a Component; list it under components')
    const step = (field: string, index?: number): Place => ({
      ...place,
      path: index === undefined ? [field] : [field, index]
    })
    const target: Target = {
      directory: here,
      kustomization,
      resources,
      vars,
      configuration,
      chain: [...outer, here],
      step
    }

    const before = this.#files.problems.length
    await this.#readConfigurations(target)
    await this.#readResources(target)
    await this.#generate(target, hasErrors(this.#files.problems.slice(before)))
    for (const [index, component] of (kustomization.components ?? []).entries()) {
      await this.#files.attempt(step('components', index), async () => {
        const path = await this.#files.local(here, component, 'component', step('components', index))
        await this.accumulate(path, { ...into, outer: target.chain, from: step('components', index) }, true)
      })
    }
    // What is missing would make every patch of it a second error.
    if (hasErrors(this.#files.problems.slice(before))) return
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

  async #readConfigurations({ directory, kustomization, configuration, step }: Target): Promise<void> {
    for (const [index, path] of (kustomization.configurations ?? []).entries()) {
      const place = step('configurations', index)
      await this.#files.attempt(place, async () => {
        const file = await this.#files.fileOf(directory, path, place)
        for (const document of await this.#files.parse(file, 'kustomization')) {
          const at = { document, path: [] }
          const added = checkSchema(configurationSchema, at, [], goFields(document.value), this.#files.problems)
          if (added !== undefined) configuration.add(added)
        }
      })
    }
  }

  async #readResources({
    directory,
    kustomization,
    resources,
    vars,
    configuration,
    chain,
    step
  }: Target): Promise<void> {
    for (const field of ['resources', 'bases'] as const) {
      for (const [index, resource] of (kustomization[field] ?? []).entries()) {
        const place = step(field, index)
        await this.#files.attempt(place, async () => {
          const path = await this.#files.local(directory, resource, 'resource', place)
          if (await isFile(path)) return this.#readObjects(directory, path, resources, place)
          const inner: Resource[] = []
          const its = new Configuration()
          await this.accumulate(path, { resources: inner, vars, configuration: its, outer: chain, from: place })
          configuration.add(its)
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

  async #generate({ directory, kustomization, resources, step }: Target, isIncomplete: boolean): Promise<void> {
    for (const [field, kind] of [
      ['configMapGenerator', 'ConfigMap'],
      ['secretGenerator', 'Secret']
    ] as const) {
      for (const [index, generator] of (kustomization[field] ?? []).entries()) {
        const place = step(field, index)
        // What it would be merged into may be what could not be read.
        if (isIncomplete && (generator.behavior ?? 'create') !== 'create') continue
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

/** Kustomize writes annotations as texts, and none where there are none. */
function writeAnnotations(resource: Resource): void {
  const metadata = metadataOf(resource)
  const { annotations } = metadata
  if (annotations === null || (isRecord(annotations) && Object.keys(annotations).length === 0))
    delete metadata.annotations
  if (!isRecord(annotations)) return
  for (const [name, value] of Object.entries(annotations))
    if (!isContainer(value) && typeof value !== 'string') annotations[name] = value === null ? '' : String(value)
}

function isForCluster(resource: Resource): boolean {
  const { annotations } = metadataOf(resource)
  const mark = isRecord(annotations) ? annotations[localConfigAnnotation] : undefined
  return mark === undefined || mark === 'false'
}
