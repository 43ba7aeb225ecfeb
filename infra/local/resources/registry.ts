// Apicurio Registry, its schemas in PostgreSQL.
import type { Jars } from './jars.ts'
import { type Java, startJvm } from './java.ts'
import type { Processes, RunningProcess } from './processes.ts'
import { until } from './until.ts'

export interface Registry {
  readonly url: string
  start(): Promise<void>
  answers(): Promise<void>
  stop(): Promise<void>
  process(): RunningProcess | undefined
}

export function createRegistry(
  java: Java,
  jars: Jars,
  processes: Processes,
  { port, databaseUrl }: { readonly port: number; readonly databaseUrl: string }
): Registry {
  const database = new URL(databaseUrl)
  const url = `http://127.0.0.1:${port}`
  let current: RunningProcess | undefined

  return {
    url,
    async start() {
      if (current?.isRunning()) return
      current = await startJvm(java, jars.directory, processes, {
        name: 'registry',
        archive: 'registry',
        makesArchive: true,
        maxHeapMiB: 256,
        args: ['-jar', jars.registryJar],
        env: {
          ...process.env,
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          QUARKUS_LOG_CONSOLE_JSON: 'false',
          APICURIO_STORAGE_KIND: 'sql',
          APICURIO_STORAGE_SQL_KIND: 'postgresql',
          APICURIO_DATASOURCE_URL: `jdbc:postgresql://${database.host}${database.pathname}`,
          APICURIO_DATASOURCE_USERNAME: database.username,
          APICURIO_DATASOURCE_PASSWORD: database.password,
          APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
          APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
          APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10'
        }
      })
    },
    answers: () =>
      until('the schema registry to answer', 90_000, async () => {
        if (!current?.isRunning()) throw new Error('it ended; see its log')
        return (await fetch(`${url}/apis/ccompat/v7/subjects`, { signal: AbortSignal.timeout(5_000) })).ok
      }),
    stop: async () => void (await current?.stop(8_000)),
    process: () => current
  }
}
