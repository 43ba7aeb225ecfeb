// The flags and environment of `npm run dev` and `npm run local`, read once; every problem is told at once.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { projectDirectory } from '../../bundle.ts'

/** From the base on, 100 ports belong to one stack (ports.ts). */
export const defaultPortBase = 8080
/** Below the ports that systems hand out by themselves. */
const highestPortBase = 32_000

const Flags = z.strictObject({
  clean: z.boolean({ error: '--clean takes no value' }).default(false),
  help: z.boolean({ error: '--help takes no value' }).default(false),
  state: z.string({ error: '--state needs a folder: --state DIR' }).min(1).optional(),
  manifests: z.string({ error: '--manifests needs a folder: --manifests DIR' }).min(1).optional(),
  'port-base': z.coerce
    .number({ error: `--port-base must be a number, ${defaultPortBase} for instance` })
    .int()
    .min(1024, { error: '--port-base must be at least 1024' })
    .max(highestPortBase, { error: `--port-base must be at most ${highestPortBase}` })
    .default(defaultPortBase)
})

export interface Settings {
  readonly clean: boolean
  readonly stateDirectory: string
  readonly portBase: number
  /** Holds knative/ and infra/, as the project does. */
  readonly manifestRoot: string
}

export const help = `npm run dev -- [--clean] [--state DIR] [--port-base N] [--manifests DIR]

  --clean         starts afresh: what the state folder holds is deleted first
  --state DIR     where data, logs and endpoints.json are kept (LOCAL_STATE; .local unless told)
  --port-base N   the first of the 100 ports that this stack uses (LOCAL_PORT_BASE; ${defaultPortBase} unless told)
  --manifests DIR a copy of knative/ and infra/ to read instead of the project's, for edits that are to leave it alone

Two stacks run side by side when both --state and --port-base differ.`

export function stateDirectoryOf(flag: string | undefined, env: NodeJS.ProcessEnv): string {
  return resolve(projectDirectory, flag || env.LOCAL_STATE || '.local')
}

/** @throws with one line for each wrong flag or variable */
export function parseSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      clean: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      state: { type: 'string' },
      manifests: { type: 'string' },
      'port-base': { type: 'string' }
    }
  })
  const given = { 'port-base': env.LOCAL_PORT_BASE || undefined, ...values }
  const result = Flags.safeParse(given)
  const problems = [
    ...positionals.map(word => `${word} is not understood`),
    ...(result.error?.issues.flatMap(issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => `--${key} is not a flag of npm run dev`)
        : [issue.message]
    ) ?? [])
  ]
  if (!result.success || problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${help}`)
  const { clean, help: wantsHelp, state, manifests, 'port-base': portBase } = result.data
  const manifestRoot = resolve(projectDirectory, manifests ?? '.')
  return wantsHelp ? 'help' : { clean, stateDirectory: stateDirectoryOf(state, env), portBase, manifestRoot }
}

/** For the start of a program: what is wrong ends it. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  try {
    return parseSettings(args, env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return process.exit(64) // EX_USAGE of sysexits.h
  }
}
