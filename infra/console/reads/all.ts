// Every read by the name under which it is asked for: the console's server serves these, and its pages take their types from here.
import { group, groups } from './groups.ts'
import { overview } from './overview.ts'
import { parts } from './parts.ts'

export const reads = { overview, parts, groups, group }
export type Reads = typeof reads
