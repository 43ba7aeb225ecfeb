// `npm run local -- audit`: what became of every event.
import { join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { projectDirectory } from '../../bundle.ts'
import {
  collect,
  createCommand,
  exits,
  exitStatus,
  print,
  printError,
  UsageError
} from '../../knative-local/cli/command-line.ts'
import { manifestPathsIn } from '../../knative-local/manifest-paths.ts'
import { loadPlan } from '../../knative-local/manifests/load-plan.ts'
import { formatProblems } from '../../knative-local/manifests/problem.ts'
import { type AddressFlags, readAddresses, withAddresses } from './arguments.ts'
import { kafkaClient } from './kafka-client.ts'
import { startProgress } from './progress.ts'
import { runAudit } from './run-audit.ts'
import { showReport } from './show-report.ts'

interface Flags extends AddressFlags {
  readonly json?: boolean
  readonly grace: string
  readonly file?: readonly string[]
}

const Grace = z.coerce.number().int().min(0).max(86_400)

export const auditCommand = () =>
  withAddresses(createCommand('audit'))
    .description('proves that no event is lost or applied twice, or names it')
    .option(
      '-f, --file <path>',
      `YAML whose KafkaSources are audited; may be repeated (${manifestPathsIn(projectDirectory).join(', ')})`,
      collect
    )
    .option('--grace <seconds>', 'an outbox row this young may still be on its way to Kafka', '30')
    .option('--json', 'the same facts for scripts')
    .addHelpText(
      'after',
      `
It compares Kafka's log with the database: what became of every event, for each function and topic-partition up to the
committed offset, and whether every change reached Kafka as it was written. It changes nothing.
Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage, or Kafka or PostgreSQL cannot be reached.`
    )
    .action(exits(async (_options: object, self: Command) => audit(self.optsWithGlobals<Flags>())))

async function audit(flags: Flags): Promise<number> {
  try {
    const grace = Grace.safeParse(flags.grace)
    if (!grace.success) throw new UsageError('--grace must be a whole number of seconds, at most 86400')
    const { kafka, databaseUrl } = await readAddresses(flags, process.env)
    const manifests = flags.file ?? manifestPathsIn(projectDirectory).map(path => join(projectDirectory, path))
    const { plan, problems } = await loadPlan(manifests)
    if (plan === undefined) throw new UsageError(formatProblems(problems))
    const report = await runAudit({
      kafka: await kafkaClient(kafka),
      databaseUrl,
      plan,
      graceSeconds: grace.data,
      progress: startProgress(line => process.stderr.write(line))
    })
    print(flags.json ? JSON.stringify(report, null, 2) : showReport(report))
    return report.clean ? exitStatus.done : exitStatus.failed
  } catch (error) {
    printError(error instanceof Error ? error.message || error.name : String(error))
    return exitStatus.wrongUsage
  }
}
