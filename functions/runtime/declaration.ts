// What a function says of itself. Whatever else must know of it is derived from this: its way in and its environment by
// `start`, its database role, its Kafka user and the audit by `npm run generate` and the tools.
import type { PgTable } from 'drizzle-orm/pg-core'
import type { EventType } from './events/event-type.ts'

/** The environment variable that names a topic, and what is published there. */
export type Publications = Readonly<Record<string, EventType>>

export interface Declaration {
  /** That of its folder. */
  readonly name: string
  /** The types of events that it follows; none for a function that takes commands or requests only. */
  readonly accepts: readonly EventType[]
  /** Whether it follows each entity in the order of its events. */
  readonly order?: Order
  readonly publishes: Publications
  /** The tables of its domain that its role may read and write; absent for a function without a database. */
  readonly database?: { readonly reads: readonly PgTable[]; readonly writes: readonly PgTable[] }
  /** Reads the environment, listens on PORT, and drains on SIGTERM. */
  start(): void
}

/** In the order of each subject's sequence; or exactly once by source and id, in any order. */
export type Order = 'by subject and sequence' | 'none'

export interface Tables {
  readonly reads?: readonly PgTable[]
  readonly writes?: readonly PgTable[]
}

export const databaseOf = ({ reads, writes }: Tables): Declaration['database'] =>
  reads === undefined && writes === undefined ? undefined : { reads: reads ?? [], writes: writes ?? [] }
