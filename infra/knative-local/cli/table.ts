// Columns for a terminal.
import { oneLine } from '../terminal-text.ts'

/** The lines of a table: the head, then the rows, each column as wide as it must be. No cell breaks out of its line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const safe = [head, ...rows].map(row => row.map(oneLine))
  const widths = head.map((_, column) => Math.max(0, ...safe.map(row => (row[column] ?? '').length)))
  return safe.map(row =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd()
  )
}
