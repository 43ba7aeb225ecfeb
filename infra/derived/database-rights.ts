// What each function's database role may do: what the core needs for a function of its kind, and its own tables.
import { getTableName } from 'drizzle-orm'
import type { Declaration, Tables } from '../../functions/runtime/declaration.ts'
import { commandAnswers } from '../../functions/runtime/tables/commands.ts'
import { fences, handledEvents, heldEvents } from '../../functions/runtime/tables/deliveries.ts'
import { deadLetters, failures } from '../../functions/runtime/tables/letters.ts'
import { eventSchemas, outbox } from '../../functions/runtime/tables/publishing.ts'

type Right = 'select' | 'insert' | 'update' | 'delete'

const rightsByWord = {
  reads: ['select'],
  writes: ['select', 'insert', 'update'],
  inserts: ['insert'],
  updates: ['select', 'update'],
  deletes: ['select', 'delete']
} satisfies Record<keyof Tables, readonly Right[]>
const words = Object.keys(rightsByWord) as (keyof Tables)[]
const order: readonly Right[] = ['select', 'insert', 'update', 'delete']

/** One statement for each set of rights; none for a function without a database. */
export function grantsOf(declaration: Declaration, role: string): string[] {
  if (declaration.database === undefined) return []
  const rightsByTable = new Map<string, Set<Right>>()
  for (const tables of [...neededByCore(declaration), declaration.database]) {
    for (const word of words) {
      for (const table of tables[word] ?? []) {
        const name = getTableName(table)
        const rights = rightsByTable.get(name) ?? new Set()
        for (const right of rightsByWord[word]) rights.add(right)
        rightsByTable.set(name, rights)
      }
    }
  }
  const tablesByRights = new Map<string, string[]>()
  for (const [table, rights] of rightsByTable) {
    const list = order.filter(right => rights.has(right)).join(', ')
    tablesByRights.set(list, [...(tablesByRights.get(list) ?? []), table])
  }
  return [...tablesByRights].map(([rights, tables]) => `grant ${rights} on ${tables.join(', ')} to ${role};`)
}

function neededByCore({ kind, order: ofEvents, publishes }: Declaration): Tables[] {
  const publishing: Tables = { inserts: [outbox], reads: [eventSchemas] }
  return [
    ...(kind === 'command' ? [{ writes: [commandAnswers] }] : []),
    ...(kind === 'function'
      ? [{ writes: [deadLetters, failures], inserts: [handledEvents], reads: [handledEvents] }]
      : []),
    ...(ofEvents === 'by subject and sequence'
      ? [{ writes: [fences], inserts: [heldEvents], deletes: [heldEvents] }]
      : []),
    ...(Object.keys(publishes).length > 0 ? [publishing] : [])
  ]
}
