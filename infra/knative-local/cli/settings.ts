// The flags and environment of `dev`, read once; every wrong value is reported at once.
import { called } from '../called.ts'
import { resolve } from 'node:path'
import { type Command, CommanderError } from 'commander'
import { z } from 'zod'
import { createCommand, exitStatus, printError, UsageError } from './command-line.ts'

/** From the base on, 100 ports belong to one stack (ports.ts). */
export const defaultPortBase = 8080
/** Below the ports that systems hand out automatically. */
const highestPortBase = 32_000

const Flags = z.object({
  clean: z.boolean().default(false),
  state: z.string().min(1, '--state needs a folder: --state DIR').optional(),
  inspect: z.string().min(1, '--inspect needs a function: --inspect NAME').optional(),
  typecheck: z.boolean().default(true),
  manifests: z.string().min(1, '--manifests needs a folder: --manifests DIR').optional(),
  functions: z.string().min(1, '--functions needs a folder: --functions DIR').optional(),
  portBase: z.coerce
    .number({ error: `--port-base must be a number, ${defaultPortBase} for instance` })
    .int({ error: '--port-base must be a whole number' })
    .min(1024, { error: '--port-base must be at least 1024' })
    .max(highestPortBase, { error: `--port-base must be at most ${highestPortBase}` })
    .default(defaultPortBase)
})

export interface Settings {
  readonly clean: boolean
  readonly stateDirectory: string
  readonly portBase: number
  /** Holds the project's folders of YAML, as the project does, when it is not the project itself. */
  readonly manifestRoot?: string | undefined
  /** Holds the functions to run in place of the project's own. */
  readonly functions?: string | undefined
  /** The function to run with an inspector. */
  readonly inspect?: string | undefined
  /** Whether tsc runs beside all else. */
  readonly typecheck: boolean
}

export const stateFlag = ['--state <dir>', 'folder of the stack (LOCAL_STATE; default .local)'] as const

export function stateDirectoryOf(flag: string | undefined, env: NodeJS.ProcessEnv): string {
  return resolve(flag || env.LOCAL_STATE || '.local')
}

/** What this project's own `dev` takes beside what `knative-local dev` does. */
export function projectDevCommand(): Command {
  return devCommand(called('dev --'))
    .description('Runs the whole system on this machine, from the same YAML as in a cluster.')
    .option(
      '--functions <dir>',
      "run the functions of this folder, in place of the project's, with the YAML that is there or in --manifests"
    )
    .option('--no-typecheck', 'do not run tsc in the background')
    .action(() => undefined)
}

export function devCommand(name: string): Command {
  return createCommand(name)
    .allowExcessArguments(false)
    .option('--clean', 'start afresh: what the state folder holds is deleted first')
    .option('--state <dir>', 'where data, logs and endpoints.json are kept (LOCAL_STATE; default .local)')
    .option('--port-base <n>', `first of the 100 ports of this stack (LOCAL_PORT_BASE; default ${defaultPortBase})`)
    .option('--manifests <dir>', 'the folder in which the YAML is looked for, in place of that of the project')
    .option('--inspect <function>', 'run this function with an inspector at 127.0.0.1:9229, for breakpoints')
    .addHelpText(
      'after',
      `
Two stacks run side by side when both --state and --port-base differ.
Exit status: 0 stopped, 1 failed, 2 wrong usage, 130 killed by a second Ctrl-C.`
    )
}

/** @throws UsageError with one line for each wrong value */
export function settingsFrom(options: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Settings {
  const result = Flags.safeParse({ portBase: env.LOCAL_PORT_BASE || undefined, ...options })
  if (!result.success) throw new UsageError(result.error.issues.map(({ message }) => message).join('\n'))
  const { state, manifests, functions, ...rest } = result.data
  return {
    ...rest,
    stateDirectory: stateDirectoryOf(state, env),
    ...(manifests !== undefined && { manifestRoot: resolve(manifests) }),
    ...(functions !== undefined && { functions: resolve(functions) })
  }
}

/** @throws CommanderError for unknown flags, UsageError with one line for each wrong value */
export function parseSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  const command = projectDevCommand()
  try {
    command.parse([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === exitStatus.done) return 'help'
    throw error
  }
  return settingsFrom(command.opts(), env)
}

/** For the start of a program: what is wrong ends it. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  try {
    return parseSettings(args, env)
  } catch (error) {
    if (error instanceof UsageError) printError(error.message)
    return process.exit(exitStatus.wrongUsage)
  }
}
