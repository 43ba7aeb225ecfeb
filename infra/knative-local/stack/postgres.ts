// PostgreSQL, for a CloudNativePG Cluster: its databases and roles, and the tables that the project makes in the main one.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { called } from '../called.ts'
import { stateKey } from '../kubernetes-api/live-state.ts'
import { databaseCluster, isDatabaseObject } from '../parts/database-cluster.ts'
import { psqlCommand, writeServiceFile } from '../parts/postgres-service.ts'
import { createPostgres } from '../parts/postgres.ts'
import type { Tables } from '../project.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import { later, notReady, type Part, type RunningPart } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'

export interface RunningPostgres extends RunningPart {
  readonly answers: Promise<void>
  /** The tables are those of the newest migration. */
  readonly migrated: Promise<void>
  /** Of the main database, as its owner. Known once it has started. */
  databaseUrl(): string
  /** Undefined for a database that no object declares. */
  urlOf(database: string): string | undefined
}

const port = 6
const healthTimeoutMs = 3_000

export const postgresPart: Part<RunningPostgres> = {
  name: 'postgres',
  needs: [],
  isWanted: plan => plan.objects.some(object => isDatabaseObject(object, 'Cluster')),
  ports: () => ({ [port]: 'PostgreSQL' }),
  files: ['postgres', 'pg_service.conf'],
  async begin(context) {
    const { progress, stateDirectory, report, pidChanged, plan, project } = context
    let cluster = databaseCluster(plan().objects)
    const [main] = cluster.databases
    const postgres = createPostgres(context.processes, {
      directory: join(stateDirectory, 'postgres'),
      port: context.port(port),
      databases: cluster.databases,
      roles: cluster.roles,
      report,
      pidChanged
    })
    const databaseUrl = () => postgres.url(main.name)
    const answers = later(
      postgres
        .start()
        .then(() => progress.step('PostgreSQL answers', postgres.answers))
        .then(() => writeServiceFile(stateDirectory, databaseUrl()))
    )
    const { tables } = project
    let watch: FileWatch | undefined
    const migrated = later(
      answers.then(
        () =>
          tables &&
          progress.step('tables are migrated', async () => {
            await migrate(tables, databaseUrl())
            await tables.seed?.(databaseUrl())
            watch = await watchMigrations(tables, databaseUrl, report)
          })
      )
    )

    return {
      answers,
      migrated,
      ready: migrated,
      databaseUrl,
      urlOf: database => (cluster.databases.some(({ name }) => name === database) ? postgres.url(database) : undefined),
      secrets: () => new Map([...cluster.secrets].map(([secret, role]) => [secret, postgres.url(main.name, role)])),
      processes: () => [
        serverProcess('postgres', `127.0.0.1:${context.port(port)}`, postgres, () => answersQuery(databaseUrl()))
      ],
      endpoints: () => ({
        postgres: {
          url: databaseUrl(),
          pid: pidOf(postgres.process()) ?? null,
          psql: psqlCommand(stateDirectory, databaseUrl())
        }
      }),
      async states({ objects }) {
        const state = postgres.process()?.isRunning() ? { ready: 'True' as const } : notReady('PostgreSQL does not run')
        return objects
          .filter(object => isDatabaseObject(object, 'Cluster'))
          .map(({ kind, metadata }) => [stateKey(kind, metadata.namespace, metadata.name), state])
      },
      async apply({ objects }) {
        if (!objects.some(object => isDatabaseObject(object, 'Cluster'))) return // it stays
        const edited = databaseCluster(objects)
        if (isDeepStrictEqual(edited, cluster)) return
        cluster = edited
        await postgres.apply(edited)
        if (tables) await migrate(tables, databaseUrl()) // a new role has no rights yet
      },
      async stop() {
        await watch?.close()
        await postgres.stop()
      }
    }
  }
}

async function migrate(tables: Tables, databaseUrl: string): Promise<void> {
  try {
    await tables.migrate(databaseUrl)
  } catch (error) {
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error)
    throw new Error(
      `The tables cannot be brought to the newest migration: ${reason}\nWere they made by another branch? ${called('dev --clean')} starts afresh, without their data.`,
      { cause: error }
    )
  }
}

function watchMigrations(
  tables: Tables,
  databaseUrl: () => string,
  report: (sentence: string) => void
): Promise<FileWatch> {
  return watchFiles({
    paths: [tables.migrations, ...(tables.alsoWatched ?? [])],
    recursive: true,
    matches: file => /\.(?:sql|json)$/.test(file),
    changed: () =>
      void migrate(tables, databaseUrl()).then(
        () => report('the tables are at the newest migration'),
        (error: Error) => report(error.message)
      ),
    failed: error => report(`migrations are no longer watched: ${error.message}`)
  })
}

async function answersQuery(connectionString: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: healthTimeoutMs,
    query_timeout: healthTimeoutMs
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}
