// One function as one file: what the image holds and what `npm run dev` runs. A bundle starts in a fifth of the time
// that loading the same modules from node_modules takes.
//
//   node infra/bundle.ts FUNCTION OUTPUT_FILE
import { type BuildOptions, build } from 'esbuild'
import { access, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export const projectDirectory = resolve(import.meta.dirname, '..')
export const functionsDirectory = join(projectDirectory, 'functions')

/** The folders of functions/ that have an index.ts; each is one function, named as its folder. */
export async function functionNames(): Promise<string[]> {
  const entries = await readdir(functionsDirectory, { withFileTypes: true })
  const names = await Promise.all(
    entries
      .filter(entry => entry.isDirectory())
      .map(entry =>
        access(join(functionsDirectory, entry.name, 'index.ts')).then(
          () => [entry.name],
          () => []
        )
      )
  )
  return names.flat().toSorted()
}

export function bundleOptions(name: string, outfile: string) {
  return {
    entryPoints: [join(functionsDirectory, name, 'index.ts')],
    outfile,
    absWorkingDir: projectDirectory,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    external: ['pg-native'], // optional, and not installed
    // CommonJS packages call require, which an ES module does not have.
    banner: {
      js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);"
    },
    logLevel: 'silent' // whoever builds reports the errors
  } satisfies BuildOptions
}

if (import.meta.main) {
  const [name, outfile] = process.argv.slice(2)
  if (!name || !outfile) {
    process.stderr.write('usage: node infra/bundle.ts FUNCTION OUTPUT_FILE\n')
    process.exit(64) // EX_USAGE of sysexits.h
  }
  await build({ ...bundleOptions(name, resolve(outfile)), logLevel: 'info' })
}
