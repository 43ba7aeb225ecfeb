// PostgreSQL, for a CloudNativePG Cluster: its databases and roles, and the tables that the project makes in the main one.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { called } from '../called.ts'
import { stateKey } from '../kubernetes-api/live-state.ts'
import { databaseCluster, isDatabaseObject } from '../parts/postgres/database-cluster.ts'
import { psqlCommand, writeServiceFile } from '../parts/postgres/postgres-service.ts'
import { createPostgres } from '../parts/postgres/postgres.ts'
import type { Plan } from '../manifests/plan.ts'
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
  isWanted: hasCluster,
  ports: () => ({ [port]: 'PostgreSQL' }),
  files: ['postgres', 'pg_service.conf'],
  async begin(context) {
    const { progress, stateDirectory, report, pidChanged, plan } = context
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
    const { tables } = context.project()
    let watch: FileWatch | undefined
    let working = Promise.resolve()
    let refusedEdit: string | undefined
    /** One at a time: an edit of the tables and one of the roles often come together. */
    const bringUp = (): Promise<void> => {
      const next = working.then(() => tables?.migrate(databaseUrl()))
      working = next.then(
        () => void (refusedEdit = undefined),
        (error: unknown) => void (refusedEdit = `the edited tables or rights are not applied yet: ${reasonOf(error)}`)
      )
      return next
    }
    const migrated = later(
      answers.then(
        () =>
          tables &&
          progress.step('tables are migrated', async () => {
            await bringUp().catch(explain)
            await tables.seed?.(databaseUrl())
            watch = await watchTables(tables, bringUp, () => refusedEdit, report)
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
      refusedEdit: () => refusedEdit,
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
      async apply(edited) {
        if (!hasCluster(edited)) return
        const wanted = databaseCluster(edited.objects)
        if (isDeepStrictEqual(wanted, cluster)) return
        await answers
        await postgres.apply(wanted)
        cluster = wanted
        await bringUp() // what gives a new role its rights failed until now
      },
      async stop() {
        await watch?.close()
        await postgres.stop()
      }
    }
  }
}

function hasCluster(plan: Plan): boolean {
  return plan.objects.some(object => isDatabaseObject(object, 'Cluster'))
}

function explain(error: unknown): never {
  throw new Error(
    `The tables cannot be brought to the newest migration: ${reasonOf(error)}\nWere they made by another branch? ${called('dev --clean')} starts afresh, without their data.`,
    { cause: error }
  )
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return (error.cause instanceof Error ? error.cause : error).message
}

function watchTables(
  tables: Tables,
  bringUp: () => Promise<void>,
  refusedEdit: () => string | undefined,
  report: (sentence: string) => void
): Promise<FileWatch> {
  return watchFiles({
    paths: [tables.migrations, ...(tables.alsoWatched ?? [])],
    recursive: true,
    matches: file => /\.(?:sql|json)$/.test(file),
    changed: () =>
      void bringUp()
        .catch(() => undefined)
        .then(() => report(refusedEdit() ?? 'the tables and their rights are current')),
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
