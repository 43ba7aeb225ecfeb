// The flags and environment of `npm run dev` and `npm run local`, read once; every problem is told at once.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'

/** From the base on, 100 ports belong to one stack (ports.ts). */
export const defaultPortBase = 8080
/** Below the ports that systems hand out by themselves. */
const highestPortBase = 32_000

const Settings = z.strictObject({
  clean: z.boolean({ error: '--clean takes no value' }).default(false),
  help: z.boolean({ error: '--help takes no value' }).default(false),
  state: z
    .string({ error: '--state needs a folder: --state DIR' })
    .min(1)
    .default('.local')
    .transform(path => resolve(projectDirectory, path)),
  'port-base': z.coerce
    .number({ error: `--port-base must be a number, ${defaultPortBase} for instance` })
    .int()
    .min(1024, { error: '--port-base must be at least 1024' })
    .max(highestPortBase, { error: `--port-base must be at most ${highestPortBase}` })
    .default(defaultPortBase)
})

export interface Settings {
  readonly clean: boolean
  readonly help: boolean
  readonly stateDirectory: string
  readonly portBase: number
}

export const help = `npm run dev -- [--clean] [--state DIR] [--port-base N]

  --clean         starts afresh: what the state folder holds is deleted first
  --state DIR     where data, logs and endpoints.json are kept (LOCAL_STATE; .local unless told)
  --port-base N   the first of the 100 ports that this stack uses (LOCAL_PORT_BASE; ${defaultPortBase} unless told)

Two stacks run side by side when both --state and --port-base differ.`

/** @throws with one line for each wrong flag or variable */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      clean: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      state: { type: 'string' },
      'port-base': { type: 'string' }
    }
  })
  const given = { state: env.LOCAL_STATE || undefined, 'port-base': env.LOCAL_PORT_BASE || undefined, ...values }
  const result = Settings.safeParse(given)
  const problems = [
    ...positionals.map(word => `${word} is not understood`),
    ...(result.error?.issues.flatMap(issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => `--${key} is not a flag of npm run dev`)
        : [issue.message]
    ) ?? [])
  ]
  if (!result.success || problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${help}`)
  const { clean, help: wantsHelp, state, 'port-base': portBase } = result.data
  return { clean, help: wantsHelp, stateDirectory: state, portBase }
}
