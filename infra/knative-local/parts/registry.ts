// Apicurio Registry, its schemas in PostgreSQL.
import type { Jars } from './jars.ts'
import { type Java, startJvm } from './java.ts'
import { keep, type Keeper } from './keeper.ts'
import type { Processes } from './processes.ts'
import type { Reporting } from './reporting.ts'
import { until } from './until.ts'

export interface Registry extends Keeper {
  readonly url: string
  answers(): Promise<void>
}

export interface RegistryOptions extends Reporting {
  readonly port: number
  readonly databaseUrl: string
}

export function createRegistry(
  java: Java,
  jars: Jars,
  processes: Processes,
  { port, databaseUrl, ...reporting }: RegistryOptions
): Registry {
  const database = new URL(databaseUrl)
  const url = `http://127.0.0.1:${port}`
  const keeper = keep({
    name: 'registry',
    stopTimeoutMs: 8_000, // its first end writes the class archive
    ...reporting,
    launch: () =>
      startJvm(java, jars.directory, processes, {
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
          QUARKUS_LOG_CONSOLE_FORMAT: '%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c{2.}] (%t) %s%e%n', // its own has no date that sorts
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
  })
  return {
    ...keeper,
    url,
    answers: () =>
      until('the schema registry to answer', 90_000, async () => {
        if (!keeper.process()?.isRunning()) throw new Error('it ended; see its log')
        return (await fetch(`${url}/apis/ccompat/v7/subjects`, { signal: AbortSignal.timeout(5_000) })).ok
      })
  }
}
