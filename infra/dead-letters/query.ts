// The query of a list of letters.
import type { Flags } from './arguments.ts'

export const stateOf = (flags: Flags) => ({ state: flags.stateIs })
export const pageOf = (flags: Flags) => ({ ...stateOf(flags), limit: flags.limit, after: flags.after })

export function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) given.set(name, value)
  return given.toString()
}
