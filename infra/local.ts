// `npm run local -- COMMAND`: the runtime's own commands, and those that this project adds to them.
import { deadLettersCommand } from './dead-letters/dead-letters-command.ts'
import { runCommand } from './knative-local/cli/command-line.ts'
import { localCommand } from './knative-local/cli/local.ts'
import { auditCommand } from './proof/audit/audit-command.ts'
import { recordCommand } from './proof/audit/record-command.ts'
import { chaosCommand } from './proof/chaos/chaos-command.ts'

const program = localCommand()
for (const command of [deadLettersCommand(), auditCommand(), recordCommand(), chaosCommand()]) {
  program.addCommand(command)
}
await runCommand(program)
