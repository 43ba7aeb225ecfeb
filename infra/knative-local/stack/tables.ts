// The tables that the project makes in the main database: migrated and seeded at the start, migrated again at each edit.
import { called } from '../called.ts'
import type { Tables } from '../project.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'

export interface MigratedTables {
  /** Migrates and seeds them, and watches their files from then on. @throws when they cannot be migrated */
  start(): Promise<void>
  /** Migrates them as their files are now. @throws when that fails, which `refusedEdit` says from then on */
  bringUp(): Promise<void>
  /** Why the last edit is not applied; undefined once one is. */
  refusedEdit(): string | undefined
  close(): Promise<void>
}

export function createTables(
  tables: Tables,
  databaseUrl: () => string,
  report: (sentence: string) => void
): MigratedTables {
  let watch: FileWatch | undefined
  let working = Promise.resolve()
  let refusedEdit: string | undefined

  /** One at a time: an edit of the tables and one of the roles often come together. */
  function bringUp(): Promise<void> {
    const next = working.then(() => tables.migrate(databaseUrl()))
    working = next.then(
      () => void (refusedEdit = undefined),
      (error: unknown) => void (refusedEdit = `the edited tables or rights are not applied yet: ${reasonOf(error)}`)
    )
    return next
  }

  return {
    async start() {
      await bringUp().catch(explain)
      await tables.seed?.(databaseUrl())
      watch = await watchFiles({
        paths: [tables.migrations, ...(tables.alsoWatched ?? [])],
        recursive: true,
        matches: file => /\.(?:sql|json)$/.test(file),
        changed: () =>
          void bringUp()
            .catch(() => undefined)
            .then(() => report(refusedEdit ?? 'the tables and their rights are current')),
        failed: error => report(`migrations are no longer watched: ${error.message}`)
      })
    },
    bringUp,
    refusedEdit: () => refusedEdit,
    async close() {
      await watch?.close()
    }
  }
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
