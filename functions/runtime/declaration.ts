// What a function declares. Whatever else must know of it is derived from this: its way in and its environment by
// `start`, its database role, its Kafka user and the audit by `npm run generate` and the tools.
import type { PgTable } from 'drizzle-orm/pg-core'
import type { EventType } from './events/event-type.ts'

/** The environment variable that names a topic, and what is published there. */
export type Publications = Readonly<Record<string, EventType>>

export interface Declaration {
  readonly kind: 'function' | 'command' | 'service'
  /** That of its folder. */
  readonly name: string
  /** The types of events that it follows; none for a function that takes commands or requests only. */
  readonly accepts: readonly EventType[]
  /** The types of commands that it takes as events. */
  readonly commands?: readonly string[]
  /** Whether it follows each entity in the order of its events. */
  readonly order?: Order
  readonly commits?: Commits
  readonly publishes: Publications
  /** What its role may do beside what its kind needs; absent for a function without a database. */
  readonly database?: Tables
  /** Reads the environment, listens on PORT, and drains on SIGTERM. */
  start(): void
}

/** In the order of each subject's sequence; or exactly once by source and id, in any order. */
export type Order = 'by subject and sequence' | 'none'

/**
 * `together`: what comes while a transaction of the function is under way shares the next one, which costs a fraction under load. For a
 * handler that waits for nothing but `tx`: all who share a transaction wait for each of them, and when one fails they are
 * handled again, each alone. `alone`, the default: each has a transaction of its own.
 */
export type Commits = 'together' | 'alone'

/** The tables of its domain that a function uses. A table may stand in several lists. */
export interface Tables {
  /** select */
  readonly reads?: readonly PgTable[]
  /** select, insert and update, as an upsert needs */
  readonly writes?: readonly PgTable[]
  /** insert alone */
  readonly inserts?: readonly PgTable[]
  /** select and update */
  readonly updates?: readonly PgTable[]
  /** select and delete */
  readonly deletes?: readonly PgTable[]
}

export const databaseOf = ({ reads, writes, inserts, updates, deletes }: Tables): Tables => ({
  reads: reads ?? [],
  writes: writes ?? [],
  inserts: inserts ?? [],
  updates: updates ?? [],
  deletes: deletes ?? []
})
