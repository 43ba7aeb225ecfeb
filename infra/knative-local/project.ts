// What the runtime has to know of a project that it runs and that no YAML says. A project without code of its own says it in
// knative-local.json (configuration.ts).
import type { BuildOptions } from 'esbuild'
import type { Endpoints } from './endpoints.ts'
import type { ProcessOptions, RunningProcess } from './processes/processes.ts'

export interface Project {
  /** Holds the folders below, and is the working directory of all that runs: messages name files relative to it. */
  readonly directory: string
  /** Files and folders of YAML, relative to `directory` or to a copy of it; those that are not there are passed over. */
  readonly manifests: readonly string[]
  /** The file that says all of this: an edit of its manifests and services takes effect while they run. */
  readonly written?: WrittenProject
  /** Nothing is beside these files: what one names must be in another, and every topic must have somebody who creates it. */
  readonly complete?: boolean
  readonly sources?: FunctionSources
  /** By name or NAMESPACE/NAME of a Service, what runs in place of its image. */
  readonly services?: Readonly<Record<string, ServiceProgram>>
  /** The tables of the main database: brought to their newest state before anything reads them. */
  readonly tables?: Tables
  /** Once PostgreSQL has its tables and the registry answers. Its address holds a user and a password. */
  registerSchemas?(urls: { readonly registryUrl: string; readonly databaseUrl: string }): Promise<void>
  /** What runs beside the stack from the moment all is ready. */
  startBeside?(stack: Beside): Promise<RunsBeside | undefined>
  /** Functions of another domain that are run as the project's own are, with YAML beside them, and nothing else of the project. */
  withFunctions?(directory: string): Project
  /** Lines for the screen that a person can paste. */
  linesToTry?(endpoints: Endpoints): readonly string[]
}

export interface WrittenProject {
  /** It may be absent. */
  readonly file: string
  /** @throws with what is wrong in it */
  read(): Promise<Project>
}

/** Functions in TypeScript: a folder each, and one bundle. */
export interface FunctionSources {
  /** Holds a folder with an index.ts for each function, named as FUNCTION_TARGET of its Service. */
  readonly directory: string
  /** Folders that functions import from and that lie elsewhere: an edit there builds them again too. */
  readonly alsoWatched: readonly string[]
  /** An edit of these is a reason to build everything again at the next start. */
  readonly bundlerFiles: readonly string[]
  /** How esbuild makes a bundle; entry and output are added. */
  bundle(): BuildOptions
}

/** An HTTP server that listens on PORT. */
export type ServiceProgram = {
  /** Where it runs, relative to the project, and what other paths are relative to; the project's folder without it. */
  readonly directory?: string | undefined
  /** Variables that take the place of the Service's own. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Files and folders whose edits start it again; without it the whole directory, but for YAML. */
  readonly watch?: readonly string[] | undefined
} & (
  | { readonly entry: string; readonly command?: undefined }
  | { readonly command: readonly [string, ...string[]]; readonly entry?: undefined }
)

export interface Tables {
  /** Holds the migrations; a new one is taken up while the stack runs. */
  readonly migrations: string
  /** Folders with other SQL that `migrate` runs, such as the roles' rights. */
  readonly alsoWatched?: readonly string[]
  /** Safe to call again. */
  migrate(databaseUrl: string): Promise<void>
  /** Rows to try things with, once after each start. */
  seed?(databaseUrl: string): Promise<void>
}

/** Of parts that the YAML does not ask for there is no address. */
export interface Beside {
  readonly databaseUrl?: string | undefined
  readonly bootstrap?: readonly string[] | undefined
  readonly stateDirectory: string
  /** Nobody else's in this stack. */
  readonly port: number
  /** A process of its own, with its own log, that ends with the stack; what it needs of the environment is given. */
  start(
    options: Pick<ProcessOptions, 'name' | 'command' | 'args' | 'env' | 'nice'>
  ): Pick<RunningProcess, 'exited' | 'stop'>
  report(sentence: string): void
}

export interface RunsBeside {
  stop(): Promise<void>
  /** For the screen: what it is called, and where it is. */
  readonly shown?: readonly (readonly [name: string, place: string])[]
}
