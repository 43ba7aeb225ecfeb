// `check [FILE-or-DIR...]`: everything that is wrong with YAML, reported at once; starts nothing.
import type { Command } from 'commander'
import { collect, createCommand, exits, UsageError } from './command-line.ts'

interface CheckOptions {
  readonly file?: readonly string[]
  readonly resolve?: readonly string[]
  readonly sink?: string
  readonly secret?: readonly string[]
}

/** `own` is what is read when nothing is named. */
export function defineCheck(
  own: () => Promise<{ readonly paths: readonly string[]; readonly complete: boolean }>
): Command {
  return createCommand('check')
    .description('everything that is wrong with YAML, reported at once; starts nothing')
    .argument('[paths...]', 'files and folders; without any, those that dev reads')
    .option('-f, --file <path>', 'the same, or - for standard input; may be repeated', collect)
    .option('--resolve <NAMESPACE/NAME=URL>', 'an object that is elsewhere; may be repeated', collect)
    .option('--sink <URL>', 'every sink that no file declares is elsewhere')
    .option('--secret <NAMESPACE/NAME>', 'a Secret that is elsewhere; may be repeated', collect)
    .addHelpText('after', '\nExit status: 0 no errors, 1 errors, 2 wrong usage.')
    .action(
      exits(async (paths: string[], { file = [], resolve, sink, secret }: CheckOptions) => {
        const { checkCommand } = await import('../manifests/check-command.ts')
        const { fromWhereTheUserIs, readElsewhere } = await import('../dataplane/arguments.ts')
        const elsewhere = readElsewhere({
          ...(resolve && { resolve }),
          ...(sink !== undefined && { sink }),
          ...(secret && { secret })
        })
        if ('problems' in elsewhere) throw new UsageError(elsewhere.problems.join('\n'))
        const named = [...file, ...paths].map(path => fromWhereTheUserIs(path, process.env))
        const read = named.length > 0 ? { paths: named, complete: false } : await own()
        return checkCommand(read.paths, {
          ...elsewhere,
          complete: read.complete,
          write: text => process.stdout.write(text),
          colour: process.stdout.isTTY
        })
      })
    )
}
