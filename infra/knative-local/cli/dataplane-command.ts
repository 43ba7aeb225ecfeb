// The command line of `dataplane`: each option has a variable of the environment that stands in for it.
import { type Command, Option } from 'commander'
import { type Options, readSettings, type Settings } from '../dataplane/arguments.ts'
import { collect, createCommand, UsageError } from './command-line.ts'

/** `run` gets what was asked for, checked. */
export function dataplaneCommand(
  name: string,
  run: (settings: Settings) => Promise<void>,
  env: NodeJS.ProcessEnv
): Command {
  return (
    createCommand(name)
      .description('Runs the KafkaSources, KafkaSinks, Brokers and Triggers of some YAML against any Kafka.')
      // `-f a b`: the shell's globs give several files after one -f.
      .argument('[files...]', 'more YAML to read')
      .option(
        '-f, --file <path>',
        'YAML or JSON file, folder, or - for standard input; may be repeated (DATAPLANE_FILES, a:b)',
        collect
      )
      .option(
        '--bootstrap <addresses>',
        'Kafka, HOST:PORT[,HOST:PORT], in place of all that the YAML names (KAFKA_BROKERS)'
      )
      .option(
        '--secret <NAMESPACE/NAME=DIR>',
        'where a Secret is that no file declares: a folder as Kubernetes mounts it, or env:PREFIX for variables (below); may be repeated (DATAPLANE_SECRETS, a=dir,b=env:B)',
        collect
      )
      .option('--plaintext', 'connect to Kafka without TLS and SASL, whatever the YAML says (DATAPLANE_PLAINTEXT=true)')
      .option(
        '--resolve <NAMESPACE/NAME=URL>',
        'where a Service, Broker, Channel or other sink is; may be repeated (DATAPLANE_RESOLVE, a=u,b=v)',
        collect
      )
      .option(
        '--resolve-file <file>',
        'the same as JSON, {"NAMESPACE/NAME": "URL"}; changes take effect at once (DATAPLANE_RESOLVE_FILE)'
      )
      .option('--sink <URL>', 'where events go whose sink no file declares (DATAPLANE_SINK)')
      .option(
        '--print',
        'show events on the screen and answer 204, in place of all sinks that are not in the files (DATAPLANE_PRINT=true)'
      )
      .addOption(new Option('--plan-file <file>', 'what `dev` has checked, in place of YAML').hideHelp())
      .option('--ingress-port <n>', 'Brokers, default 8280 (DATAPLANE_INGRESS_PORT)')
      .option('--sink-port <n>', 'KafkaSinks, default 8281 (DATAPLANE_SINK_PORT)')
      .option('--status-port <n>', 'GET /status, default 8282 (DATAPLANE_STATUS_PORT)')
      .option('--client-id <id>', 'default dataplane (DATAPLANE_CLIENT_ID)')
      .option('--json', 'status as lines of JSON (DATAPLANE_JSON=true)')
      .addHelpText(
        'after',
        '\nWith --secret shop/kafka=env:KAFKA the key sasl.mechanism of that Secret is in KAFKA_SASL_MECHANISM, user in KAFKA_USER, ca.crt in KAFKA_CA_CRT.\n' +
          'A port of 0 is a free one. It prints `ready` alone on a line once every source and Trigger has its partitions.\nExit status: 0 stopped, 1 failed, 2 wrong usage.'
      )
      .action(async (files: string[], options: Options) => {
        const read = readSettings(files, options, env)
        if ('problems' in read) throw new UsageError(read.problems.join('\n'))
        await run(read.settings)
      })
  )
}
