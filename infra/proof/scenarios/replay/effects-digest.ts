// All that the functions have made of events, in a few characters: two digests are equal when nothing was changed between.
import type { Stage } from '../stage/stage.ts'

/** Where effects are written, and what guards them. */
export const effectTables = ['timeline', 'directory', 'handled_events', 'fences'] as const

export interface TableDigest {
  readonly table: string
  readonly rows: number
  /** MD5 of all rows. */
  readonly digest: string
}

export async function digestEffects({ database }: Pick<Stage, 'database'>): Promise<TableDigest[]> {
  return Promise.all(
    effectTables.map(async table => {
      const { rows } = await database.query<{ rows: number; digest: string }>(
        `select count(*)::int as rows, md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as digest
         from ${table} t`
      )
      return { table, rows: rows[0]?.rows ?? 0, digest: rows[0]?.digest ?? '' }
    })
  )
}
