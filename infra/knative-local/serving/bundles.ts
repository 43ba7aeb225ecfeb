// The functions' bundles: built when their sources are newer than what an earlier run built, and again at each edit.
import {
  build as buildOnce,
  type BuildContext,
  type BuildFailure,
  type BuildOptions,
  type BuildResult,
  context,
  formatMessages
} from 'esbuild'
import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { bundleOptions, projectDirectory } from '../../bundle.ts'

export interface Bundles {
  /** The file to run, another one for each new content. */
  file(name: string): string
  close(): Promise<void>
}

export interface BundlesOptions {
  readonly names: readonly string[]
  /** The folder with a folder for each function. */
  readonly sources: string
  readonly directory: string
  /** A source file has changed and with it this function's bundle. */
  changed(name: string): void
  broken(name: string, message: string): void
}

/** What was built, and from what: enough to know at the next start that nothing has to be built. */
const Built = z.object({ file: z.string(), inputs: z.record(z.string(), z.string()) })
type Built = z.infer<typeof Built>

/** Functions that esbuild keeps in memory, at 100 MB each. */
const maxRemembered = 2
/** One editor's save is several events of the file system. */
const settleMs = 20
const builder = join(import.meta.dirname, '../../bundle.ts')

/** @throws when a function cannot be bundled at the start; later on that is reported, and the last good bundle stays */
export async function startBundles({ names, sources, directory, changed, broken }: BundlesOptions): Promise<Bundles> {
  const built = new Map<string, Built>()
  const failed = new Set<string>()
  const optionsOf = (name: string): Options => ({
    ...bundleOptions(name, join(directory, name, 'new', `${name}.cjs`)),
    entryPoints: [join(sources, name, 'index.ts')],
    minifySyntax: false, // an edit should not wait for what only an image gains from
    minifyWhitespace: false,
    write: false
  })
  const remembering = rememberingBuilder(optionsOf)

  const build = async (name: string, run: (name: string) => Promise<BuildResult<Options>>): Promise<void> => {
    const folder = join(directory, name)
    const { outputFiles, metafile } = await run(name)
    const code = outputFiles.find(({ path }) => path.endsWith('.cjs'))
    const map = outputFiles.find(({ path }) => path.endsWith('.map'))
    if (!code || !map) throw new Error(`${name}: no bundle came out`)
    // A folder for each content: the instance that runs the old one still reads its source map.
    const target = join(folder, createHash('sha256').update(code.contents).digest('hex').slice(0, 12))
    const file = join(target, `${name}.cjs`)
    await mkdir(target, { recursive: true })
    await Promise.all([writeFile(file, code.contents), writeFile(`${file}.map`, map.contents)])
    const inputs = Object.keys(metafile.inputs).map(path => resolve(projectDirectory, path))
    const record: Built = { file, inputs: await fingerprints([builder, ...inputs]) }
    await writeFile(join(folder, 'built.json'), JSON.stringify(record))
    built.set(name, record)
  }

  // All of them end before a failure is told: nothing writes to the folder behind the caller's back.
  const builds = await Promise.allSettled(
    names.map(async name => {
      const earlier = await readBuilt(join(directory, name, 'built.json'))
      if (earlier) built.set(name, earlier)
      else {
        await rm(join(directory, name), { recursive: true, force: true })
        await build(name, () => buildOnce(optionsOf(name)))
      }
    })
  )
  for (const result of builds) {
    if (result.status === 'rejected') throw new Error(await explain(result.reason), { cause: result.reason })
  }

  const rebuild = async (files: ReadonlySet<string>): Promise<void> => {
    for (const name of names) {
      const before = built.get(name)
      const isConcerned = failed.has(name) || [...files].some(file => before?.inputs[file] !== undefined)
      if (!isConcerned) continue
      try {
        await build(name, remembering.build)
        failed.delete(name)
        if (built.get(name)?.file !== before?.file) changed(name)
      } catch (error) {
        failed.add(name)
        broken(name, await explain(error))
      }
    }
  }

  let queue = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let touched = new Set<string>()
  const watchers = [sources, join(projectDirectory, 'schemas', 'generated')].map((folder): FSWatcher => {
    const watcher = watch(folder, { recursive: true }, (_, file) => {
      if (!file || !/\.(?:ts|js|json)$/.test(file)) return
      touched.add(join(folder, file))
      clearTimeout(timer)
      timer = setTimeout(() => {
        const files = touched
        touched = new Set()
        queue = queue.then(() => rebuild(files))
      }, settleMs)
    })
    watcher.on('error', error => broken('functions', `files are no longer watched: ${error.message}`))
    return watcher
  })

  return {
    file(name) {
      const bundle = built.get(name)
      if (!bundle) throw new Error(`${name} has no bundle`)
      return bundle.file
    },
    async close() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      await queue
      await remembering.close()
    }
  }
}

type Options = BuildOptions & { readonly metafile: true; readonly write: false }

/** Remembers what it has parsed: an edited function is built again in two thirds of the time. One build at a time. */
function rememberingBuilder(optionsOf: (name: string) => Options) {
  const contexts = new Map<string, BuildContext<Options>>()
  const forget = async (name: string): Promise<void> => {
    const one = contexts.get(name)
    contexts.delete(name)
    await one?.dispose()
  }
  return {
    async build(name: string): Promise<BuildResult<Options>> {
      const one = contexts.get(name) ?? (await context(optionsOf(name)))
      contexts.delete(name) // the order of the map is that of the last use
      contexts.set(name, one)
      const oldest = contexts.keys().next().value
      if (contexts.size > maxRemembered && oldest !== undefined) await forget(oldest)
      return one.rebuild()
    },
    async close(): Promise<void> {
      await Promise.allSettled([...contexts.keys()].map(forget))
    }
  }
}

/** What an earlier run built, when every file that went into it is still the same. */
async function readBuilt(file: string): Promise<Built | undefined> {
  try {
    const built = Built.parse(JSON.parse(await readFile(file, 'utf8')))
    await stat(built.file)
    const now = await fingerprints(Object.keys(built.inputs))
    return Object.entries(built.inputs).every(([path, before]) => now[path] === before) ? built : undefined
  } catch {
    return undefined // never built, or a file of it is gone
  }
}

async function fingerprints(paths: readonly string[]): Promise<Record<string, string>> {
  const entries = await Promise.all(
    paths.map(async path => {
      const { mtimeMs, size } = await stat(path)
      return [path, `${mtimeMs} ${size}`]
    })
  )
  return Object.fromEntries(entries)
}

async function explain(error: unknown): Promise<string> {
  if (!isBuildFailure(error)) return error instanceof Error ? error.message : String(error)
  const lines = await formatMessages(error.errors, { kind: 'error' })
  return lines.join('').trim()
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
