// What the audit says: what became of events by function and by Trigger, and what is wrong.
import type { Finding } from './finding.ts'

/** One function and topic-partition: events by what became of them. */
export interface Coverage {
  readonly function: string
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly applied: number
  /** Open ones, and those on their way to the database. */
  readonly letters: number
  readonly held: number
  readonly discarded: number
  readonly pending: number
  readonly lost: number
  readonly duplicates: number
}

/** One Trigger and partition of its Broker's topic: events that pass its filter, by what became of them. */
export interface CommandCoverage {
  readonly trigger: string
  readonly function: string
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** Or handled, where the function follows events. */
  readonly answered: number
  readonly letters: number
  readonly discarded: number
  readonly resolved: number
  readonly pending: number
  readonly lost: number
}

export interface Accounts {
  readonly outboxRows: number
  readonly outboxRowsOnTheirWay: number
  readonly outboxRowsOlderThanTheLog: number
  readonly records: number
  readonly recordsWhoseRowWasPruned: number
}

export interface AuditReport {
  readonly clean: boolean
  readonly startedAt: string
  readonly seconds: number
  readonly coverage: readonly Coverage[]
  readonly commands: readonly CommandCoverage[]
  readonly accounts: Accounts
  /** Of each kind, also of those beyond the findings that are listed. */
  readonly counts: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
}

/** For whoever waits. */
export type Progress = (sentence: string, done?: number, total?: number) => void
