// `npm run local`: what looks at a project's running stack and handles its parts. A project adds commands of its own.
import type { Command } from 'commander'
import { called } from '../called.ts'
import { defineCheck } from './check.ts'
import { createCommand } from './command-line.ts'
import { stateFlag } from './settings.ts'
import { stackCommands } from './stack-commands.ts'

/** `ownPaths` is the project's YAML, relative to the working directory; nothing is beside it. */
export function localCommand(ownPaths: () => readonly string[]): Command {
  const program = createCommand('npm run local --')
    .description(`Looks at the running stack of ${called('dev')} and handles its parts.`)
    .option(...stateFlag)
  for (const command of stackCommands()) program.addCommand(command)
  return program.addCommand(defineCheck(async () => ({ paths: ownPaths(), complete: true })))
}
