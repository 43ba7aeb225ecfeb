// The environment, read once at the start; every problem is reported at once.
import * as z from 'zod'

/** What every function needs. A function adds its own with `.extend`. */
export const FunctionConfig = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  HOST: z.string().min(1).default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(100).default(10),
  /** Of one transaction's wait for a connection, a lock or an answer; below the delivery timeout of the KafkaSources. */
  DATABASE_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  /** For requests in flight when SIGTERM comes. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().min(0).max(600_000).default(10_000)
})
export type FunctionConfig = z.infer<typeof FunctionConfig>

export const topicName = z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a Kafka topic name')

/**
 * Ends the process with one message that names every wrong value, or returns the configuration.
 * Called only from index.ts; everything else is handed what it needs.
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env
): z.infer<Schema> {
  // An empty variable counts as one that is not set, as in a shell's ${NAME:-default}.
  const result = schema.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')))
  if (result.success) return result.data
  process.stderr.write(`Invalid environment\n${z.prettifyError(result.error)}\n`)
  return process.exit(78) // EX_CONFIG of sysexits.h
}
