// Bundles functions, one file each: the very files that the image holds and the local runtime starts.
//
//   functions/createStudent/index.ts ──▶ OUT/createStudent.cjs (+ .map, to be kept, not shipped)
//
// What a cold start costs is read off `npm run bench -- cold-start`. CommonJS, because Node starts it about 30 ms sooner
// than the same bundle as an ES module.
import { build, type Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export function bundle(functionNames: readonly string[], outDir: string): Promise<void> {
  return bundleFiles(
    Object.fromEntries(functionNames.map(name => [name, join(root, 'functions', name, 'index.ts')])),
    outDir
  )
}

/** `entryPoints`: the name of the bundle, without .cjs, and the file that it starts from. */
export async function bundleFiles(entryPoints: Readonly<Record<string, string>>, outDir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { ...entryPoints },
    outdir: outDir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true, // identifiers stay, so that stack traces and logs name what the source names
    sourcemap: 'external',
    legalComments: 'none',
    external: ['pg-native'], // an optional binding of pg that is not installed
    logLevel: 'warning',
    plugins: [onePackageVersionOnce(), onlyNeededMediaTypes]
  })
}

/**
 * npm nests a package once more for each dependant when another version sits at the top: express brings the same
 * mime-types four times. They are the same bytes, so the first copy serves all.
 */
function onePackageVersionOnce(): Plugin {
  const seen = new Map<string, string>()
  const resolving = Symbol('resolving')
  return {
    name: 'one-package-version-once',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^[^./]/ }, async args => {
        if (args.pluginData === resolving) return undefined
        const { importer, kind, resolveDir } = args
        const resolved = await resolve(args.path, { importer, kind, resolveDir, pluginData: resolving })
        const parts = /^(?<folder>.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+))\/(?<file>.*)$/.exec(
          resolved.path
        )?.groups
        if (parts === undefined || resolved.external) return resolved
        const { version } = JSON.parse(await readFile(join(parts.folder ?? '', 'package.json'), 'utf8'))
        const key = `${parts.name}@${version}/${parts.file}`
        const path = seen.get(key) ?? resolved.path
        seen.set(key, path)
        return { ...resolved, path }
      })
    }
  }
}

/** mime-db lists 2,500 media types, which mime-types walks at every start. A function reads and answers with these. */
const onlyNeededMediaTypes: Plugin = {
  name: 'only-needed-media-types',
  setup({ onLoad }) {
    const needed = [
      'application/json',
      'application/octet-stream',
      'application/x-www-form-urlencoded',
      'text/html',
      'text/plain'
    ]
    onLoad({ filter: /\/mime-db\/db\.json$/ }, async args => {
      const all = JSON.parse(await readFile(args.path, 'utf8'))
      return { loader: 'json', contents: JSON.stringify(Object.fromEntries(needed.map(type => [type, all[type]]))) }
    })
  }
}
