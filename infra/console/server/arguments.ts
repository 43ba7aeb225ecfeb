// The command line of `npm run console`.
import type { Command } from 'commander'
import { createCommand } from '../../knative-local/command-line.ts'
import { addAddressOptions, type AddressFlags } from '../addresses.ts'

export interface Flags extends AddressFlags {
  readonly port?: string
}

export function consoleCommand(run: (flags: Flags) => Promise<void>): Command {
  const command = createCommand('npm run console --')
    .description('Shows a system in the browser: the one that runs here, or a cluster by its addresses.')
    .allowExcessArguments(false)
    .option('--port <n>', 'of the page, on loopback (default: a free one)')
  return addAddressOptions(command)
    .addHelpText(
      'after',
      `
It listens on loopback only. On a cluster it needs kubectl, reads, and acts through the functions' own answers alone.
Exit status: 0 stopped, 1 failed, 2 wrong usage.`
    )
    .action(async (flags: Flags) => run(flags))
}
