// `npm run local -- COMMAND`: the runtime's own commands, and those that this project adds to them. What a command needs is loaded
// when it runs.
import { defineDeadLetters } from './dead-letters/arguments.ts'
import { runCommand } from './knative-local/command-line.ts'
import { localCommand, manifestPathsIn } from './knative-local/index.ts'
import { project } from './project.ts'
import { defineAudit, defineRecord } from './proof/audit/arguments.ts'
import { defineChaos } from './proof/chaos/arguments.ts'

const program = localCommand(() => manifestPathsIn(project))
program.addCommand(
  defineDeadLetters(async given => (await import('./dead-letters/dead-letters-command.ts')).runDeadLetters(given))
)
program.addCommand(defineAudit(async flags => (await import('./proof/audit/audit-command.ts')).runAuditCommand(flags)))
program.addCommand(
  defineRecord(async (place, flags) => (await import('./proof/audit/record-command.ts')).showRecord(place, flags))
)
program.addCommand(
  defineChaos(async options => (await import('./proof/chaos/chaos-command.ts')).runChaosCommand(options))
)
await runCommand(program)
