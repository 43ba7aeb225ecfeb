// This project's own use of the local runtime: its YAML, its functions, and the jobs that run after which part. What a job needs
// is loaded when it runs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { functionBundle, functionsDirectory, projectDirectory } from './bundle.ts'
import type { Project } from './knative-local/index.ts'

/** Runs this project. */
export const devEntry = join(projectDirectory, 'infra/dev.ts')
const bundlerFiles = [join(projectDirectory, 'infra/bundle.ts')]
const migrations = join(projectDirectory, 'infra/postgres/migrations')

export const project: Project = {
  directory: projectDirectory,
  /** The last three only matter to the Kubernetes API. */
  manifests: ['knative', 'infra/kafka', 'infra/debezium', 'infra/postgres', 'infra/registry'],
  sources: {
    directory: functionsDirectory,
    alsoWatched: [join(projectDirectory, 'schemas/generated')],
    bundlerFiles,
    bundle: functionBundle
  },
  complete: true,
  tables: {
    migrations,
    alsoWatched: [join(projectDirectory, 'infra/postgres/roles')],
    async migrate(databaseUrl) {
      const { migrate } = await import('./jobs/migrate.ts')
      const { applyGrants } = await import('./jobs/grants.ts')
      await migrate(databaseUrl, migrations)
      await applyGrants(databaseUrl)
    },
    async seed(databaseUrl) {
      const { seedUsers } = await import('./jobs/seed-users.ts')
      await seedUsers(databaseUrl)
    }
  },
  withFunctions(directory) {
    const ownMigrations = join(directory, 'migrations')
    return {
      directory,
      manifests: ['.'],
      complete: true,
      sources: { directory, alsoWatched: [join(functionsDirectory, 'runtime')], bundlerFiles, bundle: functionBundle },
      ...(existsSync(ownMigrations) && {
        tables: {
          migrations: ownMigrations,
          async migrate(databaseUrl) {
            const { migrate } = await import('./jobs/migrate.ts')
            await migrate(databaseUrl, ownMigrations)
          }
        }
      })
    }
  },
  async registerSchemas(urls) {
    const { registerSchemas } = await import('./jobs/register-schemas.ts')
    await registerSchemas({ ...urls, schemasFolder: join(projectDirectory, 'schemas') })
  },
  async startBeside(beside) {
    const { databaseUrl, bootstrap, report } = beside
    if (databaseUrl === undefined || bootstrap === undefined) return undefined
    const { startDailyPrune } = await import('./jobs/daily-prune.ts')
    const { startConsole } = await import('./console/beside.ts')
    const prune = startDailyPrune({ databaseUrl, bootstrap, report, jobsFile: 'infra/jobs/jobs.yaml' })
    const console = startConsole(beside)
    return {
      shown: [['Console', console.url]],
      stop: async () => void (await Promise.all([prune.stop(), console.stop()]))
    }
  },
  linesToTry({ functions: { createStudent } }) {
    const student = '{"userId":"user-1","name":"Ada Lovelace","email":"ada@example.com"}'
    return [
      ...(createStudent ? [`curl -i ${createStudent.url} -H 'content-type: application/json' -d '${student}'`] : []),
      "npm run local -- sql 'select * from users'"
    ]
  }
}
