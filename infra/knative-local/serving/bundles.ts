// The functions' bundles: built when their sources are newer than what an earlier run built, and again at each edit.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { FunctionSources } from '../project.ts'
import { watchFiles } from '../watch-files.ts'
import { type BuiltFunction, createFunctionBuilder } from './build-functions.ts'

export interface Bundles {
  /** Resolves when these are built, or reported as broken. Those that are there already stay as they are. */
  add(names: readonly string[]): Promise<void>
  remove(name: string): void
  /** The file to run, another one for each new content. @throws when the function has never been built, with why */
  file(name: string): string
  close(): Promise<void>
}

export interface BundlesOptions {
  readonly sources: FunctionSources
  readonly directory: string
  /** A source file has changed and with it these functions' bundles. */
  changed(names: readonly string[]): void
  /** The last good bundle stays, where there is one. */
  broken(name: string, message: string): void
}

/** What was built, and from what: enough to know at the next start that nothing has to be built. */
const Built = z.object({ file: z.string(), inputs: z.record(z.string(), z.string()) })
type Built = z.infer<typeof Built>

export async function startBundles({ sources, directory, changed, broken }: BundlesOptions): Promise<Bundles> {
  const names = new Set<string>()
  const built = new Map<string, Built>()
  const failures = new Map<string, string>()
  const builder = createFunctionBuilder(sources, directory)
  let queue = Promise.resolve()

  async function buildAll(wanted: readonly string[]): Promise<void> {
    if (wanted.length === 0) return
    for (const [name, result] of await builder.build(wanted)) {
      if (typeof result !== 'string') {
        failures.delete(name)
        built.set(name, await keep(join(directory, name), name, result, sources.bundlerFiles))
      } else if (failures.get(name) !== result) {
        failures.set(name, result)
        broken(name, result)
      }
    }
  }

  async function rebuild(files: ReadonlySet<string>): Promise<void> {
    const before = new Map(built)
    const isConcerned = (name: string) =>
      failures.has(name) || [...files].some(file => before.get(name)?.inputs[file] !== undefined)
    const concerned = [...names].filter(isConcerned)
    await buildAll(concerned)
    const different = concerned.filter(name => built.get(name)?.file !== before.get(name)?.file)
    if (different.length > 0) changed(different)
  }

  async function addAll(fresh: readonly string[]): Promise<void> {
    for (const name of fresh) {
      const earlier = await readBuilt(join(directory, name, 'built.json'))
      if (earlier) built.set(name, earlier)
      else await rm(join(directory, name), { recursive: true, force: true })
    }
    await buildAll(fresh.filter(name => !built.has(name)))
  }

  const watch = await watchFiles({
    paths: [sources.directory, ...sources.alsoWatched],
    recursive: true,
    matches: file => /\.(?:[cm]?[tj]s|json)$/.test(file),
    changed: files => void (queue = queue.then(() => rebuild(files))),
    failed: error => broken('functions', `files are no longer watched: ${error.message}`)
  })

  return {
    async add(wanted) {
      const fresh = wanted.filter(name => !names.has(name))
      for (const name of fresh) names.add(name)
      queue = queue.then(() => addAll(fresh))
      await queue
    },
    remove(name) {
      names.delete(name)
      built.delete(name)
      failures.delete(name)
    },
    file(name) {
      const bundle = built.get(name)
      if (!bundle) throw new Error(`${name} cannot be built: ${failures.get(name) ?? 'it is not known'}`)
      return bundle.file
    },
    async close() {
      await watch.close()
      await queue
      await builder.close()
    }
  }
}

/** A folder for each content: the instance that runs the old one still reads its source map. */
async function keep(
  folder: string,
  name: string,
  { code, map, inputs }: BuiltFunction,
  bundlerFiles: readonly string[]
): Promise<Built> {
  const target = join(folder, createHash('sha256').update(code).digest('hex').slice(0, 12))
  const file = join(target, `${name}.cjs`)
  await mkdir(target, { recursive: true })
  await Promise.all([writeFile(file, code), writeFile(`${file}.map`, map)])
  const record: Built = { file, inputs: await fingerprints([...bundlerFiles, ...inputs]) }
  await writeFile(join(folder, 'built.json'), JSON.stringify(record))
  return record
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
