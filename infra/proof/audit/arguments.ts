// The flags and environment of `npm run local -- audit` and `record`. Without addresses they are those of the running stack.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { projectDirectory } from '../../bundle.ts'
import { readEndpoints } from '../../knative-local/endpoints.ts'
import { manifestPathsIn } from '../../knative-local/manifest-paths.ts'
import { stateDirectoryOf } from '../../knative-local/cli/settings.ts'
import type { AuditedKafka } from './kafka-client.ts'

/** A wrong flag, or nothing to audit: exit status 2. */
export class UsageError extends Error {}

export const addressUsage = `  --state DIR             the running stack whose endpoints.json tells where Kafka and PostgreSQL are
  --bootstrap HOST:PORT   any other Kafka (KAFKA_BOOTSTRAP); KAFKA_USERNAME and KAFKA_PASSWORD for SCRAM-SHA-512
                          over TLS, KAFKA_CA_FILE for the cluster's own certificate authority
  --database-url URL      any other PostgreSQL (DATABASE_URL); a primary, as the audit makes temporary tables`

export const addressFlags = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  state: { type: 'string' },
  bootstrap: { type: 'string' },
  'database-url': { type: 'string' }
} as const

export const auditUsage = `npm run local -- audit [--json] [--state DIR | --bootstrap HOST:PORT --database-url URL] [--grace SECONDS]

  Compares Kafka's log with the database: what became of every event, for each function and topic-partition up to the
  committed offset, and whether every change reached Kafka as it was written. Changes nothing.

${addressUsage}
  -f PATH                 YAML whose KafkaSources are audited; may be repeated (${manifestPathsIn(projectDirectory).join(', ')})
  --grace SECONDS         an outbox row this young may still be on its way to Kafka (30)
  --json                  the same facts for scripts

Exit status: 0 nothing wrong, 1 something is, 2 wrong flags, or Kafka or PostgreSQL cannot be reached.`

export interface AuditArguments {
  readonly help: boolean
  readonly json: boolean
  readonly graceSeconds: number
  readonly manifests: readonly string[]
  readonly kafka: AuditedKafka
  readonly databaseUrl: string
}

const Grace = z.coerce.number().int().min(0).max(86_400)

/** @throws UsageError */
export async function readAuditArguments(args: readonly string[], env: NodeJS.ProcessEnv): Promise<AuditArguments> {
  const { values } = parse(() =>
    parseArgs({
      args: [...args],
      options: {
        ...addressFlags,
        grace: { type: 'string', default: '30' },
        file: { type: 'string', short: 'f', multiple: true }
      }
    })
  )
  const grace = Grace.safeParse(values.grace)
  if (!grace.success) throw new UsageError('--grace must be a whole number of seconds, at most 86400')
  return {
    help: values.help,
    json: values.json,
    graceSeconds: grace.data,
    manifests: values.file ?? manifestPathsIn(projectDirectory).map(path => join(projectDirectory, path)),
    ...(values.help ? { kafka: { bootstrap: '' }, databaseUrl: '' } : await readAddresses(values, env))
  }
}

/** Flags before the environment, the environment before endpoints.json; `--state` asks for endpoints.json. */
export async function readAddresses(
  values: { readonly state?: string; readonly bootstrap?: string; readonly 'database-url'?: string },
  env: NodeJS.ProcessEnv
): Promise<{ kafka: AuditedKafka; databaseUrl: string }> {
  const fromEnvironment = values.state === undefined ? env : {}
  const bootstrap = values.bootstrap ?? fromEnvironment.KAFKA_BOOTSTRAP
  const databaseUrl = values['database-url'] ?? fromEnvironment.DATABASE_URL
  if (bootstrap !== undefined && databaseUrl !== undefined) {
    return {
      kafka: { bootstrap, username: env.KAFKA_USERNAME, password: env.KAFKA_PASSWORD, caFile: env.KAFKA_CA_FILE },
      databaseUrl
    }
  }
  if (values.bootstrap !== undefined || values['database-url'] !== undefined) {
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

/** parseArgs throws what a person may read. */
export function parse<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
