// The command line of `npm run local -- chaos`.
import type { Command } from 'commander'
import { collect, createCommand, exits } from '../../knative-local/command-line.ts'
import { faultKinds } from './schedule.ts'

export interface ChaosOptions {
  readonly seed?: string
  readonly minutes: string
  readonly rate: string
  readonly only?: readonly string[]
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly state?: string
}

export const defineChaos = (run: (options: ChaosOptions) => Promise<number>) =>
  createCommand('chaos')
    .description('faults under load by a seeded schedule, then the audit')
    .option('--seed <n>', 'which schedule (drawn and printed by default); the same seed and minutes give the same one')
    .option('--minutes <m>', 'how long', '3')
    .option('--rate <n>', 'commands a second', '20')
    .option('--only <kind>', `these faults only; may be repeated: ${faultKinds.join(', ')}`, collect)
    .option('--dry-run', 'shows the schedule and does nothing')
    .option('--json', 'the report as JSON; it is written to DIR/chaos as JSON and Markdown in any case')
    .addHelpText(
      'after',
      `
Load and faults against the running stack (npm run dev), now and then two at once, then quiet, the audit and the
invariants. Students, users and partitions that it adds stay: use a stack of its own (--state) for one whose data matters.
Exit status: 0 everything held, 1 something did not, 2 wrong usage, or nothing runs. Ctrl-C undoes the fault and reports.`
    )
    .action(exits(async (_options: object, self: Command) => run(self.optsWithGlobals<ChaosOptions>())))
