// Where `npm run local -- audit` and `record` look: flags and environment. Without addresses they are those of the running stack.
import type { Command } from 'commander'
import { UsageError } from '../../knative-local/cli/command-line.ts'
import { readEndpoints } from '../../knative-local/endpoints.ts'
import { stateDirectoryOf } from '../../knative-local/cli/settings.ts'
import type { AuditedKafka } from './kafka-client.ts'

/** Where Kafka and PostgreSQL are, as the commands of this folder take it. */
export interface AddressFlags {
  readonly state?: string
  readonly bootstrap?: string
  readonly databaseUrl?: string
}

export function withAddresses(command: Command): Command {
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
