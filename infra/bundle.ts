// One function as one file, which starts what its index.ts declares: what the image holds and what `npm run dev` runs. A bundle starts in a fifth of the time
// that loading the same modules from node_modules takes (infra/decisions/0008, 0036).
//
//   node infra/bundle.ts FUNCTION OUTPUT_FILE.cjs        functions/FUNCTION/index.ts
//   node infra/bundle.ts jobs/JOB OUTPUT_FILE.mjs        infra/jobs/JOB.ts
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { decodedDescriptors } from './descriptors.ts'

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

/** `outfile` ends in .cjs. */
export function bundleOptions(name: string, outfile: string) {
  return { ...functionBundle(), entryPoints: [join(functionsDirectory, name, 'index.ts')], outfile }
}

/** Node starts CommonJS about 30 ms sooner than the same bundle as an ES module. */
export function functionBundle() {
  return {
    ...sharedOptions,
    format: 'cjs',
    supported: { 'dynamic-import': false }, // becomes require, which starts nothing of Node's loader of ES modules
    alias: { domain: join(functionsDirectory, 'runtime/host/domain.ts') },
    footer: { js: 'module.exports.default?.start?.()' },
    plugins: [mimeTypesOnce(), onlyNeededMediaTypes, withoutUnused, decodedDescriptors]
  } satisfies BuildOptions
}

/** `outfile` ends in .mjs: a job awaits at its top level, which only an ES module can. */
function jobOptions(name: string, outfile: string) {
  return {
    ...sharedOptions,
    entryPoints: [join(projectDirectory, 'infra/jobs', `${name}.ts`)],
    outfile,
    format: 'esm',
    // pg is CommonJS and calls require, which an ES module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  } satisfies BuildOptions
}

const sharedOptions = {
  absWorkingDir: projectDirectory,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true, // names stay, so that logs and stack traces read as the source does
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  external: ['pg-native'], // optional, and not installed
  logLevel: 'silent' // whoever builds reports the errors
} satisfies BuildOptions

/** npm nests the same mime-types four times below express, because another version sits at the top. The first copy serves all. */
function mimeTypesOnce(): Plugin {
  const firstPaths = new Map<string, string>()
  const resolving = Symbol('resolving')
  return {
    name: 'mime-types-once',
    setup({ onResolve, resolve: resolveImport }) {
      onResolve({ filter: /^mime-(?:types|db)$/ }, async args => {
        if (args.pluginData === resolving) return undefined
        const { importer, kind, resolveDir } = args
        const found = await resolveImport(args.path, { importer, kind, resolveDir, pluginData: resolving })
        const { version } = JSON.parse(await readFile(join(dirname(found.path), 'package.json'), 'utf8'))
        const key = `${args.path}@${version}`
        const path = firstPaths.get(key) ?? found.path
        firstPaths.set(key, path)
        return { ...found, path }
      })
    }
  }
}

/** mime-db lists 2,500 media types, and mime-types walks through all of them at every start. */
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

/** Modules that would be loaded at every start and never be used; together a quarter of it. */
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onLoad, onResolve }) {
    const replacements = [
      // http-server.ts has read the body before the framework sees the request, so its parsers would step aside anyway.
      [
        /\/body-parser\/index\.js$/,
        'const next = () => (_request, _response, next) => next()\nmodule.exports = { json: next, raw: next, text: next, urlencoded: next }'
      ],
      // express's nested query strings; a function reads its own URL, and express 5 does not use them by default either.
      [/\/qs\/lib\/index\.js$/, "module.exports = require('node:querystring')"],
      // express's files, downloads, views, proxies' addresses and content negotiation; a function answers by node:http's own methods.
      [/\/express\/lib\/view\.js$/, 'module.exports = undefined'],
      [/\/(?:accepts|content-disposition\/dist|send|serve-static)\/index\.js$/, 'module.exports = undefined'],
      [/\/proxy-addr\/index\.js$/, 'exports.compile = () => () => false'],
      // express's tracing, for people with DEBUG in their environment.
      [/\/debug\/src\/index\.js$/, 'module.exports = () => () => undefined'],
      // pino's way to log from a worker thread; functions log to standard output.
      [/\/thread-stream\/index\.js$/, 'module.exports = undefined'],
      // zod's messages in 50 languages, of which it uses English.
      [/\/zod\/v4\/locales\/index\.js$/, "export { default as en } from './en.js'"],
      // The SDK's client and its other transports, what it parses data with, and ids for events without one: functions publish through
      // the outbox, and received-event.ts hands it headers alone, all attributes among them.
      [/\/cloudevents\/dist\/(?:transport\/(?:http\/index|emitter)|message\/(?:kafka|mqtt)\/index)\.js$/, ''],
      [/\/json-bigint\/index\.js$/, 'module.exports = undefined'],
      [/\/cloudevents\/node_modules\/uuid\/.*\/index\.js$/, 'module.exports = undefined']
    ] as const
    for (const [filter, contents] of replacements) onLoad({ filter }, () => ({ loader: 'js', contents }))

    // Node's modules of which the logger takes one name each, and nobody else any.
    const namespace = 'of-pino'
    const ofPino: Readonly<Record<string, string>> = {
      assert: 'module.exports = (holds, message) => { if (!holds) throw new Error(message) }',
      worker_threads: 'exports.isMainThread = true'
    }
    onResolve({ filter: /^(?:assert|worker_threads)$/ }, ({ path, importer }) =>
      /\/(?:pino|sonic-boom)\//.test(importer) ? { path, namespace } : undefined
    )
    onLoad({ filter: /./, namespace }, ({ path }) => ({ loader: 'js', contents: ofPino[path] ?? '' }))
  }
}

if (import.meta.main) {
  const [name, outfile] = process.argv.slice(2)
  const job = name?.startsWith('jobs/') ? name.slice('jobs/'.length) : undefined
  if (!name || !outfile?.endsWith(job ? '.mjs' : '.cjs')) {
    process.stderr.write('usage: node infra/bundle.ts FUNCTION OUTPUT_FILE.cjs | jobs/JOB OUTPUT_FILE.mjs\n')
    process.exit(2)
  }
  const options = job ? jobOptions(job, resolve(outfile)) : bundleOptions(name, resolve(outfile))
  await build({ ...options, logLevel: 'info' })
}
