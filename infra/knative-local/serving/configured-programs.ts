// Programs that knative-local.json names for Services: an entry file for Node, or any command.
import { basename, extname, relative, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { configurationFile } from '../configuration.ts'
import type { Service } from '../manifests/plan.ts'
import type { ServiceProgram } from '../project.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import { isPrintedInto } from './printed-into.ts'
import type { Program, ProgramEvents } from './programs.ts'

export type ServicePrograms = Readonly<Record<string, ServiceProgram>>

export interface ConfiguredPrograms {
  has(name: string): boolean
  nameOf(service: Service): string | undefined
  program(name: string, nodeFlags: readonly string[]): Program
  /** The file has been edited. Answers the names whose program is another one now. */
  configure(services: ServicePrograms): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

export interface Folders {
  /** Paths are relative to it. */
  readonly directory: string
  /** May be below it: what is written there is no edit. */
  readonly stateDirectory: string
}

/** What a command may need of its surroundings; nothing else of them is in a container either. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'JAVA_HOME']

/** Each folder is watched, and an edit below it starts its program again. */
export async function watchConfigured(
  first: ServicePrograms,
  { directory, stateDirectory }: Folders,
  { changed, broken }: ProgramEvents
): Promise<ConfiguredPrograms> {
  const watches = new Map<string, FileWatch>()
  let services: ServicePrograms = {}
  const env = Object.fromEntries(inherited.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])))

  async function configure(next: ServicePrograms): Promise<ReadonlySet<string>> {
    const names = new Set([...Object.keys(services), ...Object.keys(next)])
    const others = [...names].filter(name => !isDeepStrictEqual(services[name], next[name]))
    services = next
    await Promise.all(
      others.map(async name => {
        await watches.get(name)?.close()
        watches.delete(name)
        const program = next[name]
        if (program) watches.set(name, await follow(name, program))
      })
    )
    return new Set(others)
  }

  function follow(name: string, { watch, ...program }: ServiceProgram): Promise<FileWatch> {
    const folder = folderOf(program, directory)
    return watchFiles({
      paths: (watch ?? ['.']).map(path => resolve(folder, path)),
      recursive: true,
      except: [resolve(stateDirectory)],
      matches: file =>
        !isOutput.has(extname(file)) && !isPrintedInto(file) && (watch !== undefined || !isOfTheRuntime(file)),
      changed: files => changed([name], [...files].map(file => relative(directory, file)).join(', ')),
      failed: error => broken(name, `files are no longer watched: ${error.message}`)
    })
  }

  await configure(first)
  return {
    has: name => Object.hasOwn(services, name),
    nameOf: ({ namespace, name }) => [`${namespace}/${name}`, name].find(key => Object.hasOwn(services, key)),
    program(name, nodeFlags) {
      const program = services[name]
      if (!program) throw new Error(`${configurationFile} has no service ${name}`)
      const cwd = folderOf(program, directory)
      const [command, ...args] = program.command ?? [
        process.execPath,
        '--enable-source-maps',
        ...nodeFlags,
        resolve(cwd, program.entry)
      ]
      return { command, args, cwd, env, override: program.env ?? {} }
    },
    configure,
    async close() {
      await Promise.all(Array.from(watches.values(), watch => watch.close()))
    }
  }
}

/** What a program writes into its own folder is no edit of it. */
const isOutput = new Set(['.log', '.tmp', '.db', '.sqlite', '.pyc'])

/** These are followed by who reads them; a program with YAML of its own names it in `watch`. */
function isOfTheRuntime(file: string): boolean {
  return /\.ya?ml$/.test(file) || basename(file) === configurationFile
}

function folderOf({ directory: own = '.' }: Pick<ServiceProgram, 'directory'>, directory: string): string {
  return resolve(directory, own)
}
