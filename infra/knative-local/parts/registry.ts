// Apicurio Registry, its schemas in PostgreSQL, or in memory where there is none.
//
// It asks for a password that is made at each start: otherwise every user of this machine, and a web page by DNS rebinding, could
// change the rule that keeps schemas compatible. https://quarkus.io/guides/security-properties
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authorization, type Credentials } from './credentials.ts'
import type { Jars } from './jars.ts'
import { type Java, startJvm } from './java.ts'
import { toProperties } from './kafka/kafka.ts'
import { supervise, type SupervisedProcess } from '../processes/supervise.ts'
import type { Processes } from '../processes/processes.ts'
import type { Reporting } from '../processes/reporting.ts'
import { until } from '../until.ts'

export interface RegistryAddress extends Credentials {
  readonly url: string
}

export interface Registry extends SupervisedProcess {
  readonly address: RegistryAddress
  answers(): Promise<void>
  isHealthy(): Promise<boolean>
}

export interface RegistryOptions extends Reporting {
  readonly directory: string
  readonly port: number
  readonly credentials: Credentials
  /** Known once the database has started; without one the schemas live as long as the process. */
  databaseUrl(): string | undefined
}

export function createRegistry(
  java: Java,
  jars: Jars,
  processes: Processes,
  { directory, port, credentials, databaseUrl, ...reporting }: RegistryOptions
): Registry {
  const url = `http://127.0.0.1:${port}`
  const usersFile = join(directory, 'users.properties')
  const isHealthy = async (): Promise<boolean> => {
    const response = await fetch(`${url}/apis/ccompat/v7/subjects`, {
      headers: { authorization: authorization(credentials) },
      signal: AbortSignal.timeout(answerTimeoutMs)
    })
    await response.body?.cancel()
    return response.ok
  }
  const supervised = supervise({
    name: 'registry',
    stopTimeoutMs: 8_000, // its first end writes the class archive
    ...reporting,
    async launch() {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await writeFile(usersFile, toProperties(users(credentials)), { mode: 0o600 })
      return startJvm(java, jars.directory, processes, {
        name: 'registry',
        archive: 'registry',
        makesArchive: true,
        maxHeapMiB: 256,
        args: ['-jar', jars.registryJar],
        env: {
          ...process.env,
          QUARKUS_CONFIG_LOCATIONS: usersFile,
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          QUARKUS_LOG_CONSOLE_JSON: 'false',
          QUARKUS_LOG_CONSOLE_FORMAT: '%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c{2.}] (%t) %s%e%n', // its own has no date that sorts
          ...storage(databaseUrl())
        }
      })
    }
  })
  return {
    ...supervised,
    address: { url, ...credentials },
    isHealthy,
    answers: () =>
      until('the schema registry to answer', 90_000, async () => {
        if (!supervised.process()?.isRunning()) throw new Error('it ended; see its log')
        return isHealthy()
      })
  }
}

const answerTimeoutMs = 5_000

function storage(databaseUrl: string | undefined): Record<string, string> {
  if (databaseUrl === undefined) return {} // H2 in memory, its default
  const { host, pathname, username, password } = new URL(databaseUrl)
  return {
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'postgresql',
    APICURIO_DATASOURCE_URL: `jdbc:postgresql://${host}${pathname}`,
    APICURIO_DATASOURCE_USERNAME: username,
    APICURIO_DATASOURCE_PASSWORD: password,
    APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10'
  }
}

/** Every path, as one left out is found under another spelling (`/apis;x/…`). */
function users({ username, password }: Credentials): Record<string, string> {
  return {
    'quarkus.http.auth.basic': 'true',
    'quarkus.http.auth.permission.everything.paths': '/*',
    'quarkus.http.auth.permission.everything.policy': 'authenticated',
    'quarkus.security.users.embedded.plain-text': 'true',
    [`quarkus.security.users.embedded.users.${username}`]: password,
    [`quarkus.security.users.embedded.roles.${username}`]: 'sr-admin'
  }
}
