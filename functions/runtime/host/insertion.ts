// Rows of one table as one statement, which a connection has PostgreSQL parse once for each number of rows.
import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'

export interface Insertion {
  /** Of its statement, on a connection and in a trace. */
  readonly name: string
  readonly table: string
  readonly columns: readonly string[]
}

interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** Of one statement. A connection keeps one statement for each number of rows. */
const maxRows = 32

const texts = new WeakMap<Insertion, Map<number, string>>()

export function statementsOf(insertion: Insertion, rows: readonly (readonly unknown[])[]): NamedStatement[] {
  const statements: NamedStatement[] = []
  for (let from = 0; from < rows.length; from += maxRows) {
    const part = rows.slice(from, from + maxRows)
    const name = part.length === 1 ? insertion.name : `${insertion.name}_${part.length}`
    statements.push({ name, text: textOf(insertion, part.length), values: part.flat() })
  }
  return statements
}

function textOf(insertion: Insertion, rows: number): string {
  const known = texts.get(insertion) ?? new Map<number, string>()
  texts.set(insertion, known)
  const { table, columns } = insertion
  const tuple = (row: number) => `(${columns.map((_, at) => `$${row * columns.length + at + 1}`).join(', ')})`
  const text =
    known.get(rows) ??
    `insert into ${table} (${columns.join(', ')}) values ${Array.from({ length: rows }, (_, row) => tuple(row)).join(', ')}`
  known.set(rows, text)
  return text
}

interface Mapped extends Insertion {
  readonly keys: readonly string[]
}

const byTable = new WeakMap<PgTable, Map<string, Mapped>>()
let made = 0

/** A row as drizzle would insert it. */
export function insertionInto(
  table: PgTable,
  row: Readonly<Record<string, unknown>>
): { readonly insertion: Insertion; readonly values: unknown[] } {
  const keys = Object.keys(row).filter(key => row[key] !== undefined)
  const columns = getTableColumns(table)
  const ofTable = byTable.get(table) ?? new Map<string, Mapped>()
  byTable.set(table, ofTable)
  const insertion = ofTable.get(keys.join()) ?? {
    name: `statement_rows_${++made}`, // not a name for a trace: that is the table's
    table: `"${getTableName(table)}"`,
    columns: keys.map(key => `"${columns[key]?.name}"`),
    keys
  }
  ofTable.set(keys.join(), insertion)
  const values = keys.map(key => (row[key] === null ? null : columns[key]?.mapToDriverValue(row[key])))
  return { insertion, values }
}
