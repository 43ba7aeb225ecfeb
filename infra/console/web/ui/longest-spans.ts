// Where the time of a trace went.
import type { ReadOutput } from '../api.ts'

export type Row = ReadOutput<'trace'>['rows'][number]

const shownLongest = 3

/** By service and name. */
export function longestOf(rows: readonly Row[]): { readonly name: string; readonly ms: number }[] {
  const byName = Map.groupBy(rows, ({ span }) => `${span.service} ${span.name}`)
  return Array.from(byName, ([name, all]) => ({ name, ms: all.reduce((sum, { selfMs }) => sum + selfMs, 0) }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, shownLongest)
}
