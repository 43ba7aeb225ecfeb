// PostgreSQL, for a CloudNativePG Cluster: its databases and roles, and the tables that the project makes in the main one.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { stateKey } from '../kubernetes-api/live-state.ts'
import { databaseCluster, isDatabaseObject } from '../parts/postgres/database-cluster.ts'
import { psqlCommand, writeServiceFile } from '../parts/postgres/postgres-service.ts'
import { createPostgres } from '../parts/postgres/postgres.ts'
import type { Plan } from '../manifests/plan.ts'
import { later, notReady, type Part, type RunningPart } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'
import { createTables } from './tables.ts'

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
    const ofProject = context.project().tables
    const tables = ofProject && createTables(ofProject, databaseUrl, report)
    const migrated = later(answers.then(() => tables && progress.step('tables are migrated', tables.start)))

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
      refusedEdit: () => tables?.refusedEdit(),
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
        await tables?.bringUp() // what gives a new role its rights failed until now
      },
      async stop() {
        await tables?.close()
        await postgres.stop()
      }
    }
  }
}

function hasCluster(plan: Plan): boolean {
  return plan.objects.some(object => isDatabaseObject(object, 'Cluster'))
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
