// Programs that knative-local.json names for Services: an entry file for Node, or any command.
import { extname, join, resolve } from 'node:path'
import type { Service } from '../manifests/plan.ts'
import type { ServiceProgram } from '../project.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import type { Program, ProgramEvents } from './programs.ts'

export interface ConfiguredPrograms {
  has(name: string): boolean
  nameOf(service: Service): string | undefined
  program(name: string, nodeFlags: readonly string[]): Program
  close(): Promise<void>
}

/** What a command may need of its surroundings; nothing else of them is in a container either. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'JAVA_HOME']

/** Paths are relative to `directory`. Each folder is watched, and an edit below it starts its program again. */
export async function watchConfigured(
  services: Readonly<Record<string, ServiceProgram>>,
  directory: string,
  { changed, broken }: ProgramEvents
): Promise<ConfiguredPrograms> {
  const watches: FileWatch[] = await Promise.all(
    Object.entries(services).map(([name, { watch = ['.'], ...program }]) =>
      watchFiles({
        paths: watch.map(path => resolve(folderOf(program, directory), path)),
        recursive: true,
        matches: file => !isOutput.has(extname(file)),
        changed: () => changed([name]),
        failed: error => broken(name, `files are no longer watched: ${error.message}`)
      })
    )
  )
  const env = Object.fromEntries(inherited.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])))

  return {
    has: name => Object.hasOwn(services, name),
    nameOf: ({ namespace, name }) => [`${namespace}/${name}`, name].find(key => Object.hasOwn(services, key)),
    program(name, nodeFlags) {
      const program = services[name]
      if (!program) throw new Error(`knative-local.json has no service ${name}`)
      const [command, ...args] = program.command ?? [
        process.execPath,
        '--enable-source-maps',
        ...nodeFlags,
        resolve(directory, program.entry)
      ]
      return { command, args, cwd: folderOf(program, directory), env, override: program.env ?? {} }
    },
    async close() {
      await Promise.all(watches.map(watch => watch.close()))
    }
  }
}

/** What a program writes into its own folder is no edit of it. */
const isOutput = new Set(['.log', '.tmp', '.db', '.sqlite', '.pyc'])

function folderOf({ directory: own = '.' }: Pick<ServiceProgram, 'directory'>, directory: string): string {
  return join(directory, own)
}
