// A kustomization becomes the objects that `kubectl kustomize` prints.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/target/kusttarget.go
import { readFile, stat } from 'node:fs/promises'
import { join, normalize, relative } from 'node:path'
import { isRecord } from '../is-record.ts'
import { parseManifest, type ManifestDocument } from '../manifest-document.ts'
import { readManifestText } from '../manifest-text.ts'
import { formatPath, type Problem } from '../problem.ts'
import { checkSchema } from '../schema.ts'
import * as fields from './field-specs.ts'
import { contentHash, generate, mergeGenerated } from './generate.ts'
import { kustomizationSchema, replacementList, type Kustomization, type Var } from './kustomization.ts'
import { updateNameReferences } from './name-references.ts'
import { applyPatch, type PatchDocument } from './patch.ts'
import { locate, written, type Place } from './places.ts'
import { Refusal } from './refusal.ts'
import { markVarSources, replace, resolveVars } from './replace.ts'
import {
  allIds,
  currentId,
  describeId,
  metadataOf,
  newResource,
  rememberId,
  sameId,
  type Resource
} from './resource.ts'
import { addAffix, addTexts, labelFields, setImage, setNamespace, setReplicas } from './transform.ts'

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
  const build = new Build()
  const vars: Var[] = []
  const resources: Resource[] = []
  const root: Place = { document: { locate: () => ({ file: directory, line: 1 }) }, path: [] }
  await build.attempt(root, async () => {
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
  const failed = build.problems.some(({ level }) => level === 'error')
  return {
    documents: failed ? [] : resources.filter(isForCluster).map(documentOf),
    problems: build.problems,
    files: [...build.files]
  }
}

class Build {
  readonly problems: Problem[] = []
  readonly files = new Set<string>()

  /** What cannot be done becomes a problem at its place; returns whether all went well. */
  async attempt(place: Place, action: () => Promise<void> | void): Promise<boolean> {
    const before = this.problems.length
    try {
      await action()
    } catch (error) {
      const at = error instanceof Refusal ? error.place : place
      const origin = at.document.locate(at.path)
      const message = error instanceof Error ? error.message : String(error)
      this.problems.push({ level: 'error', origin, path: formatPath(at.path), message })
    }
    return !this.problems.slice(before).some(({ level }) => level === 'error')
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
    const kustomization = checkSchema(kustomizationSchema, { document, path: [] }, [], document.value, this.problems)
    if (kustomization === undefined) return
    if (isComponent !== (kustomization.kind === 'Component'))
      throw new Refusal(from, isComponent ? 'this is no Component' : 'this is a Component; list it under components')
    const step = (field: string, index?: number): Place => ({
      ...place,
      path: index === undefined ? [field] : [field, index]
    })
    const target: Target = { directory: here, kustomization, resources, vars, chain: [...outer, here], step }

    const before = this.problems.length
    await this.#readResources(target)
    await this.#generate(target)
    for (const [index, component] of (kustomization.components ?? []).entries()) {
      await this.attempt(step('components', index), async () => {
        const path = await this.#local(target, component, 'component', step('components', index))
        await this.accumulate(path, resources, vars, target.chain, step('components', index), true)
      })
    }
    // What is missing would make every patch of it a second error.
    if (this.problems.slice(before).some(({ level }) => level === 'error')) return
    await this.#transform(target)
    const own = kustomization.vars ?? []
    await this.attempt(step('vars'), () => markVarSources(resources, own))
    vars.push(...own)
  }

  async #readKustomization(directory: string, from: Place): Promise<ManifestDocument> {
    const found: string[] = []
    for (const name of kustomizationNames) if (await isFile(join(directory, name))) found.push(join(directory, name))
    const [file, other] = found
    if (file === undefined) throw new Refusal(from, `${directory} holds no kustomization.yaml`)
    if (other !== undefined) throw new Refusal(from, `${directory} holds two kustomizations, ${file} and ${other}`)
    const documents = await this.#parse(file, false)
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
        await this.attempt(place, async () => {
          const path = await this.#local({ directory }, resource, 'resource', place)
          if (await isFile(path)) return this.#readObjects(directory, path, resources, place)
          const inner: Resource[] = []
          await this.accumulate(path, inner, vars, chain, place)
          for (const object of inner) add(resources, object, place)
        })
      }
    }
  }

  async #readObjects(directory: string, path: string, resources: Resource[], from: Place): Promise<void> {
    this.#warnOutside(directory, path, from)
    for (const document of await this.#parse(path)) {
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
        await this.attempt(place, async () => {
          const common = kustomization.generatorOptions ?? {}
          const generated = await generate(kind, generator, common, place, async path => {
            const file = join(directory, path)
            this.#warnOutside(directory, file, place)
            this.files.add(normalize(file))
            return readFile(file)
          })
          absorb(resources, generated)
        })
      }
    }
  }

  async #transform(target: Target): Promise<void> {
    const { kustomization: k, resources, step } = target
    const each = async <Item>(
      field: keyof Kustomization,
      action: (item: Item, place: Place) => Promise<void> | void
    ) => {
      for (const [index, item] of ((k[field] ?? []) as Item[]).entries())
        await this.attempt(step(field, index), () => action(item, step(field, index)))
    }
    const once = (field: keyof Kustomization, action: () => void) => this.attempt(step(field), action)

    await each<string>('patchesStrategicMerge', async (text, place) => {
      applyPatch(
        resources,
        {},
        await this.#patchDocuments(target, isInline(text) ? { patch: text } : { path: text }, place)
      )
    })
    await each<NonNullable<Kustomization['patches']>[number]>('patches', async (patch, place) => {
      applyPatch(resources, patch, await this.#patchDocuments(target, patch, place))
    })
    if (k.namespace) await once('namespace', () => setNamespace(resources, k.namespace ?? ''))
    if (k.namePrefix) await once('namePrefix', () => addAffix(resources, 'prefixes', k.namePrefix ?? ''))
    if (k.nameSuffix) await once('nameSuffix', () => addAffix(resources, 'suffixes', k.nameSuffix ?? ''))
    await each<NonNullable<Kustomization['labels']>[number]>('labels', label =>
      addTexts(resources, label.pairs ?? {}, labelFields(label))
    )
    if (k.commonLabels) addTexts(resources, k.commonLabels, fields.selectorLabels)
    if (k.commonAnnotations) addTexts(resources, k.commonAnnotations, fields.annotations)
    await each<NonNullable<Kustomization['patches']>[number]>('patchesJson6902', async (patch, place) => {
      applyPatch(resources, patch, await this.#patchDocuments(target, patch, place))
    })
    await each<NonNullable<Kustomization['replicas']>[number]>('replicas', ({ name, count }) =>
      setReplicas(resources, name, count)
    )
    for (const field of ['images', 'imageTags'] as const)
      await each<NonNullable<Kustomization['images']>[number]>(field, image => setImage(resources, image))
    await each<NonNullable<Kustomization['replacements']>[number]>('replacements', async (replacement, place) => {
      if (replacement.path === undefined) return replace(resources, replacement)
      const [document] = await this.#parse(await this.#fileOf(target, replacement.path, place))
      const list = document && checkSchema(replacementList, { document, path: [] }, [], document.value, this.problems)
      for (const one of list ?? []) replace(resources, one)
    })
  }

  async #patchDocuments(
    target: Target,
    { path, patch }: { readonly path?: string | undefined; readonly patch?: string | undefined },
    place: Place
  ): Promise<PatchDocument[]> {
    if ((path === undefined) === (patch === undefined)) throw new Error('give either path or patch')
    if (path !== undefined) {
      const file = await this.#fileOf(target, path, place)
      const documents = await this.#parse(file)
      refuseInexactJson(await readManifestText(file), place)
      return documents.map(document => ({ value: document.value, place: { document, path: [] } }))
    }
    const at: Place = { ...place, path: [...place.path, ...(typeof place.path.at(-1) === 'number' ? ['patch'] : [])] }
    refuseInexactJson((patch ?? '').trim(), at)
    const { documents, problems } = parseManifest('', patch ?? '', { forKustomize: true })
    if (problems[0] !== undefined) throw new Refusal(at, problems[0].message)
    // The lines of a patch that is written here count from the line of its key.
    const document = { locate: () => at.document.locate(at.path) }
    return documents.map(({ value }) => ({ value, place: { document, path: [] } }))
  }

  async #fileOf({ directory }: Target, path: string, place: Place): Promise<string> {
    const file = join(directory, path)
    if (!(await isFile(file))) {
      this.files.add(normalize(file))
      throw new Refusal(place, `${path} does not exist`)
    }
    this.#warnOutside(directory, file, place)
    return file
  }

  async #local({ directory }: Pick<Target, 'directory'>, path: string, noun: string, place: Place): Promise<string> {
    const joined = join(directory, path)
    if (!isRemote(path) && (await stat(joined).catch(() => undefined)) !== undefined) return joined
    if (isRemote(path) || /^[\w.-]+\.[a-z]+[/:]/.test(path))
      throw new Refusal(
        place,
        `${noun} ${path} is not a local file; remote ones are not read here: clone or download it, and name the copy`
      )
    this.files.add(normalize(joined))
    throw new Refusal(place, `${noun} ${path} does not exist`)
  }

  /** Taken, because `kubectl kustomize --load-restrictor LoadRestrictionsNone` takes it. */
  #warnOutside(directory: string, file: string, { document, path }: Place): void {
    if (isBelow(directory, file)) return
    const message = `${file} is not in or below ${directory}: kubectl apply -k refuses it. Give it a kustomization of its own, or build with kubectl kustomize --load-restrictor LoadRestrictionsNone`
    this.problems.push({ level: 'warning', origin: document.locate(path), path: formatPath(path), message })
  }

  /** kubectl reads the kustomization itself as YAML 1.1, and the objects as YAML 1.2. */
  async #parse(file: string, forKustomize = true): Promise<ManifestDocument[]> {
    this.files.add(normalize(file))
    const { documents, problems } = parseManifest(normalize(file), await readManifestText(file), { forKustomize })
    this.problems.push(...problems)
    return documents.filter(({ value }) => value !== null && value !== undefined)
  }
}

interface Target {
  readonly directory: string
  readonly kustomization: Kustomization
  readonly resources: Resource[]
  readonly vars: Var[]
  /** The directories of the kustomizations that list this one, and its own. */
  readonly chain: readonly string[]
  readonly step: (field: string, index?: number) => Place
}

function add(resources: Resource[], resource: Resource, place: Place): void {
  const id = currentId(resource)
  if (resources.some(other => sameId(currentId(other), id)))
    throw new Refusal(place, `${describeId(id)} is in this kustomization already`)
  resources.push(resource)
}

function absorb(resources: Resource[], generated: Resource): void {
  const id = currentId(generated)
  const index = resources.findIndex(other => allIds(other).some(known => sameId(known, id)))
  const before = resources[index]
  const behavior = generated.generated?.behavior ?? 'create'
  if (before === undefined && behavior !== 'create') throw new Error(`there is no ${describeId(id)} to ${behavior}`)
  if (before !== undefined && behavior === 'create')
    throw new Error(`${describeId(id)} exists already; write behavior: merge or replace`)
  if (before === undefined) resources.push(generated)
  else resources[index] = mergeGenerated(before, generated)
}

/** An object, or each item of a List of any kind. */
function objectsIn(value: unknown, place: Place): { value: Record<string, unknown>; place: Place }[] {
  if (!isRecord(value)) return []
  if (!String(value.kind).endsWith('List') || !('items' in value)) return [{ value, place }]
  const { items } = value
  return (Array.isArray(items) ? items : []).flatMap((item, index) =>
    objectsIn(item, { ...place, path: [...place.path, 'items', index] })
  )
}

function documentOf({ value, place }: Resource): ManifestDocument {
  return { value, locate: path => locate(value, path, place) }
}

function isForCluster(resource: Resource): boolean {
  const { annotations } = metadataOf(resource)
  const mark = isRecord(annotations) ? annotations[localConfigAnnotation] : undefined
  return mark === undefined || mark === 'false'
}

function refuseInexactJson(text: string, place: Place): void {
  if (!text.startsWith('[')) return
  try {
    JSON.parse(text)
  } catch {
    throw new Refusal(place, 'a patch that starts with [ is read as JSON, which this is not; write it as a YAML list')
  }
}

function isInline(text: string): boolean {
  return text.includes('\n') || /^\s*\{/.test(text)
}

function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way !== '' && !way.startsWith('..')
}

function isRemote(path: string): boolean {
  return (
    /^([a-z]+:\/\/|git::|git@)/.test(path) ||
    /^(github\.com|gitlab\.com|bitbucket\.org)\//.test(path) ||
    path.includes('?ref=')
  )
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}
