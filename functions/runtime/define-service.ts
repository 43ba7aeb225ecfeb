// One declaration makes a function with routes of its own, for what neither follows events nor takes one command.
import type * as z from 'zod'
import { type Declaration, databaseOf, type Tables } from './declaration.ts'
import { type DatabaseConfig, type HostConfig, loadConfig } from './host/config.ts'
import { connectTo, type Database } from './host/database.ts'
import type { Log } from './host/log.ts'
import { serve, type ServedFunction } from './host/serve.ts'

export interface ServiceDefinition<Config extends z.ZodType<HostConfig & DatabaseConfig>> extends Tables {
  readonly name: string
  /** The types of commands that it takes as events. */
  readonly commands?: readonly string[]
  /** Its environment: HostConfig and DatabaseConfig, and more. */
  readonly config: Config
  serve(context: { readonly db: Database; readonly log: Log; readonly config: z.infer<Config> }): ServedFunction
}

export function defineService<Config extends z.ZodType<HostConfig & DatabaseConfig>>(
  definition: ServiceDefinition<Config>
): Declaration {
  const { name, commands = [] } = definition
  return {
    kind: 'service',
    name,
    accepts: [],
    commands,
    publishes: {},
    database: databaseOf(definition),
    start() {
      const config = loadConfig(definition.config)
      serve(name, config, log => {
        const { db, answers, close } = connectTo(config, name, log)
        const fn = definition.serve({ db, log, config })
        return {
          ...fn,
          isReady: async () => {
            await answers()
            return (await fn.isReady?.()) ?? true
          },
          close
        }
      })
    }
  }
}
