// Where `npm run local -- audit` and `record` look: flags and environment. Without addresses they are those of the running stack.
import type { Command } from 'commander'
import { collect, createCommand, exits, UsageError } from '../../knative-local/command-line.ts'
import { manifestPathsIn, readEndpoints, stateDirectoryOf } from '../../knative-local/index.ts'
import { project } from '../../project.ts'
import type { AuditedKafka } from './kafka-client.ts'

/** Where Kafka and PostgreSQL are, as the commands of this folder take it. */
export interface AddressFlags {
  readonly state?: string
  readonly bootstrap?: string
  readonly databaseUrl?: string
}

function withAddresses(command: Command): Command {
  return command
    .option(
      '--bootstrap <addresses>',
      "any other Kafka, HOST:PORT (KAFKA_BOOTSTRAP); KAFKA_USERNAME and KAFKA_PASSWORD for SCRAM-SHA-512 over TLS, KAFKA_CA_FILE for the cluster's own certificate authority"
    )
    .option(
      '--database-url <url>',
      'any other PostgreSQL (DATABASE_URL); a primary, as the audit makes temporary tables'
    )
}

export interface AuditFlags extends AddressFlags {
  readonly json?: boolean
  readonly grace: string
  readonly file?: readonly string[]
}

export const defineAudit = (run: (flags: AuditFlags) => Promise<number>) =>
  withAddresses(createCommand('audit'))
    .description('proves that no event is lost or applied twice, or names it')
    .option(
      '-f, --file <path>',
      `YAML whose KafkaSources are audited; may be repeated (${manifestPathsIn(project).join(', ')})`,
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
    .action(exits(async (_options: object, self: Command) => run(self.optsWithGlobals<AuditFlags>())))

export interface RecordFlags extends AddressFlags {
  readonly to?: string
  readonly json?: boolean
}

export const defineRecord = (run: (place: string, flags: RecordFlags) => Promise<number>) =>
  withAddresses(createCommand('record'))
    .description('shows one record as it is in Kafka: attributes, and the data decoded')
    .argument('<place>', 'TOPIC/PARTITION@OFFSET or TOPIC/PARTITION/OFFSET')
    .option(
      '--to <function>',
      'send it to a function, or a URL, as well, same id and source: a function that has applied it already does nothing'
    )
    .option('--json', 'on one line')
    .addHelpText(
      'after',
      '\nExit status: 0 shown (and taken), 1 there is no such record, or the function did not take it, 2 wrong usage, or Kafka cannot be reached.'
    )
    .action(
      exits(async (place: string, _options: object, self: Command) => run(place, self.optsWithGlobals<RecordFlags>()))
    )

/** Flags before the environment, the environment before endpoints.json; `--state` asks for endpoints.json. */
export async function readAddresses(
  values: AddressFlags,
  env: NodeJS.ProcessEnv
): Promise<{ kafka: AuditedKafka; databaseUrl: string }> {
  const fromEnvironment = values.state === undefined ? env : {}
  const bootstrap = values.bootstrap ?? fromEnvironment.KAFKA_BOOTSTRAP
  const databaseUrl = values.databaseUrl ?? fromEnvironment.DATABASE_URL
  if (bootstrap !== undefined && databaseUrl !== undefined) {
    return {
      kafka: { bootstrap, username: env.KAFKA_USERNAME, password: env.KAFKA_PASSWORD, caFile: env.KAFKA_CA_FILE },
      databaseUrl
    }
  }
  if (values.bootstrap !== undefined || values.databaseUrl !== undefined) {
    throw new UsageError('--bootstrap and --database-url go together')
  }
  const stateDirectory = stateDirectoryOf(values.state, env)
  const endpoints = await readEndpoints(stateDirectory)
  if (endpoints === undefined) {
    throw new UsageError(
      `Nothing runs on ${stateDirectory}. Start it with npm run dev, or give --bootstrap and --database-url.`
    )
  }
  return { kafka: { bootstrap: endpoints.kafka.bootstrap }, databaseUrl: endpoints.postgres.url }
}
