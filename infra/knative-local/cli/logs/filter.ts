// Which entries are shown.
import type { LogEntry } from './log-line.ts'

export interface LogFilter {
  readonly minLevel: number
  /** All when empty. */
  readonly parts: readonly string[]
  readonly event?: string | undefined
  readonly trace?: string | undefined
}

export function matches({ minLevel, event, trace }: LogFilter, entry: LogEntry): boolean {
  return entry.level >= minLevel && holds(entry, event) && holds(entry, trace)
}

/** Whatever a writer calls it: an id stands in a field, in a list of them, in a traceparent, or in the sentence. */
function holds({ message, fields }: LogEntry, id: string | undefined): boolean {
  return id === undefined || message.includes(id) || valueHolds(fields, id)
}

function valueHolds(value: unknown, id: string): boolean {
  if (typeof value === 'string') return value.includes(id)
  return typeof value === 'object' && value !== null && Object.values(value).some(member => valueHolds(member, id))
}
