// The environment, read once at the start; every problem is reported at once.
import * as z from 'zod'
import type { Publications } from '../declaration.ts'

/** What every function needs. A function adds its own with `.extend`. */
export const HostConfig = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  HOST: z.string().min(1).default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  /** For requests in flight when SIGTERM comes. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().min(0).max(600_000).default(10_000)
})
export type HostConfig = z.infer<typeof HostConfig>

/** What a function with a database needs besides. */
export const DatabaseConfig = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(100).default(10),
  /** Of one transaction's wait for a connection, a lock or an answer; below the delivery timeout of the KafkaSources. */
  DATABASE_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(5_000)
})
export type DatabaseConfig = z.infer<typeof DatabaseConfig>

const topicName = z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a Kafka topic name')

/**
 * Ends the process with one message that names every wrong value, or returns the configuration.
 * Called only where a function starts; everything else is handed what it needs.
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env
): z.infer<Schema> {
  // An empty variable counts as one that is not set, as in a shell's ${NAME:-default}.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = schema.safeParse(given, { jitless: true }) // to compile what is run once takes longer than to run it
  if (result.success) return result.data
  process.stderr.write(`Invalid environment\n${z.prettifyError(result.error)}\n`)
  return process.exit(78) // EX_CONFIG of sysexits.h
}

const PublishingConfig = HostConfig.extend(DatabaseConfig.shape)

/** That of a function with a database, and a variable for each topic that it publishes to. */
export function loadPublishingConfig(publications: Publications): {
  readonly config: z.infer<typeof PublishingConfig>
  /** By variable. */
  readonly topics: Readonly<Record<string, string>>
} {
  const variables = Object.keys(publications)
  const shape = Object.fromEntries(variables.map(variable => [variable, topicName]))
  const config: Record<string, unknown> = loadConfig(PublishingConfig.extend(shape))
  const topics = Object.fromEntries(variables.map(variable => [variable, String(config[variable])]))
  return { config: config as z.infer<typeof PublishingConfig>, topics }
}
