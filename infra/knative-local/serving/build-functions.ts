// esbuild for one function or for several at once: what they share is then read and parsed once.
import {
  type BuildContext,
  type BuildFailure,
  type BuildOptions,
  type BuildResult,
  build,
  context,
  formatMessages,
  type Metafile
} from 'esbuild'
import { join, relative, resolve } from 'node:path'
import type { FunctionSources } from '../project.ts'

export interface BuiltFunction {
  readonly code: Uint8Array
  readonly map: Uint8Array
  /** Absolute paths of all that went into it. */
  readonly inputs: readonly string[]
}

export interface FunctionBuilder {
  /** For each name what was built, or a sentence with the place of the error. One call at a time. */
  build(names: readonly string[]): Promise<Map<string, BuiltFunction | string>>
  close(): Promise<void>
}

type Options = BuildOptions & { readonly metafile: true; readonly write: false }

/** Functions that esbuild keeps in memory, at 100 MB each: an edited one is built again in two thirds of the time. */
const maxRemembered = 2

/** What is built is to be kept in DIRECTORY/NAME/ANYTHING/, to which its source map points. */
export function createFunctionBuilder(
  { directory: sources, bundle }: Pick<FunctionSources, 'directory' | 'bundle'>,
  directory: string
): FunctionBuilder {
  const workingDirectory = bundle().absWorkingDir ?? process.cwd()
  const contexts = new Map<string, BuildContext<Options>>()
  const entryOf = (name: string): string => join(sources, name, 'index.ts')
  const outOf = (name: string): string => `${name}/new/${name}`
  const optionsOf = (names: readonly string[]): Options => {
    return {
      ...bundle(),
      absWorkingDir: workingDirectory,
      metafile: true,
      sourcemap: 'linked',
      supported: { 'dynamic-import': false }, // start-bundle.cjs runs require, and import() with a warning only
      logLevel: 'silent', // reported by whoever asked for it
      entryPoints: names.map(name => ({ in: entryOf(name), out: outOf(name) })),
      outdir: directory,
      outExtension: { '.js': '.cjs' },
      minifySyntax: false, // an edit should not wait for what only an image gains from
      minifyWhitespace: false,
      write: false
    }
  }

  async function remembered(name: string): Promise<BuildResult<Options>> {
    const one = contexts.get(name) ?? (await context(optionsOf([name])))
    contexts.delete(name) // the order of the map is that of the last use
    contexts.set(name, one)
    const oldest = contexts.keys().next().value
    if (contexts.size > maxRemembered && oldest !== undefined) await forget(oldest)
    return one.rebuild()
  }

  async function forget(name: string): Promise<void> {
    const one = contexts.get(name)
    contexts.delete(name)
    await one?.dispose()
  }

  function outputOf(name: string, { outputFiles, metafile }: BuildResult<Options>): BuiltFunction | string {
    const find = (ending: string) =>
      outputFiles.find(({ path }) => path === join(directory, `${outOf(name)}${ending}`))?.contents
    const [code, map] = [find('.cjs'), find('.cjs.map')]
    if (!code || !map) return `${name}: no bundle came out`
    return { code, map, inputs: inputsOf(metafile, workingDirectory, entryOf(name)) }
  }

  async function buildOne(name: string, run = remembered): Promise<BuiltFunction | string> {
    try {
      return outputOf(name, await run(name))
    } catch (error) {
      return explain(error)
    }
  }

  return {
    async build(names) {
      const [first] = names
      if (first !== undefined && names.length === 1) return new Map([[first, await buildOne(first)]])
      try {
        const result = await build(optionsOf(names))
        return new Map(names.map(name => [name, outputOf(name, result)]))
      } catch {
        // One that is broken must not stop the others.
        const alone = (name: string) => buildOne(name, one => build(optionsOf([one])))
        return new Map(await Promise.all(names.map(async name => [name, await alone(name)] as const)))
      }
    },
    async close() {
      await Promise.allSettled([...contexts.keys()].map(forget))
    }
  }
}

/** What a bundler's plugin makes up has a namespace in place of a file. https://esbuild.github.io/plugins/#namespaces */
const madeUp = /^[a-z][\w-]+:/i

/** All files that can be reached from the entry, also those of which nothing is left in the bundle. */
function inputsOf({ inputs }: Metafile, workingDirectory: string, entry: string): string[] {
  const reached = new Set<string>()
  const waiting = [relative(workingDirectory, entry)]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const input = inputs[next]
    if (reached.has(next) || !input) continue
    reached.add(next)
    waiting.push(...input.imports.map(({ path }) => path))
  }
  return [...reached].filter(path => !madeUp.test(path)).map(path => resolve(workingDirectory, path))
}

async function explain(error: unknown): Promise<string> {
  if (!isBuildFailure(error)) return error instanceof Error ? error.message : String(error)
  const lines = await formatMessages(error.errors, { kind: 'error' })
  return lines.join('').trim()
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
