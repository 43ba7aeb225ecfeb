// The functions' bundles: built once at the start, and again whenever a source file changes.
import { type BuildContext, type BuildFailure, context, formatMessages } from 'esbuild'
import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleOptions, functionsDirectory, projectDirectory } from '../../../bundle.ts'

export interface Bundles {
  /** The file to run, a new one for each new content. */
  file(name: string): string
  close(): Promise<void>
}

export interface BundlesOptions {
  readonly names: readonly string[]
  readonly directory: string
  /** A source file has changed and with it this function's bundle. */
  changed(name: string): void
  broken(name: string, message: string): void
}

/** One editor's save is several events of the file system. */
const settleMs = 20

/** @throws when a function cannot be bundled at the start; later on that is reported, and the last good bundle stays */
export async function startBundles({ names, directory, changed, broken }: BundlesOptions): Promise<Bundles> {
  await rm(directory, { recursive: true, force: true })
  const files = new Map<string, string>()
  const contexts = new Map<string, BuildContext>()

  /** Answers whether the bundle is another one than before. */
  const rebuild = async (name: string): Promise<boolean> => {
    const { outputFiles } = (await contexts.get(name)?.rebuild()) ?? {}
    const code = outputFiles?.find(({ path }) => path.endsWith('.cjs'))
    const map = outputFiles?.find(({ path }) => path.endsWith('.map'))
    if (!code || !map) throw new Error(`${name}: no bundle came out`)
    const folder = join(directory, name, createHash('sha256').update(code.contents).digest('hex').slice(0, 12))
    const file = join(folder, `${name}.cjs`)
    if (files.get(name) === file) return false
    await mkdir(folder, { recursive: true })
    await Promise.all([writeFile(file, code.contents), writeFile(`${file}.map`, map.contents)])
    files.set(name, file)
    return true
  }

  for (const name of names) {
    contexts.set(name, await context({ ...bundleOptions(name, join(directory, name, 'new', `${name}.cjs`)), write: false }))
  }
  const closeContexts = () => Promise.allSettled([...contexts.values()].map(one => one.dispose()))
  try {
    await Promise.all(names.map(name => rebuild(name)))
  } catch (error) {
    await closeContexts()
    throw new Error(await explain(error), { cause: error })
  }

  let queue = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const rebuildAll = async (): Promise<void> => {
    for (const name of names) {
      try {
        if (await rebuild(name)) changed(name)
      } catch (error) {
        broken(name, await explain(error))
      }
    }
  }
  const watchers = [functionsDirectory, join(projectDirectory, 'schemas', 'generated')].map((folder): FSWatcher => {
    const watcher = watch(folder, { recursive: true }, (_, file) => {
      if (file && !/\.(?:ts|js|json)$/.test(file)) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        queue = queue.then(rebuildAll)
      }, settleMs)
    })
    watcher.on('error', error => broken('functions', `files are no longer watched: ${error.message}`))
    return watcher
  })

  return {
    file(name) {
      const file = files.get(name)
      if (!file) throw new Error(`${name} has no bundle`)
      return file
    },
    async close() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      await queue
      await closeContexts()
    }
  }
}

async function explain(error: unknown): Promise<string> {
  if (!isBuildFailure(error)) return error instanceof Error ? error.message : String(error)
  const lines = await formatMessages(error.errors, { kind: 'error' })
  return lines.join('').trim()
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
