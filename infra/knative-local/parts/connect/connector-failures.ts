// Connectors that fail again and again. Between two failures such a connector runs for a moment, so what it is at that moment
// says little: it counts as failing until it has run for a while.
import type { ConnectorStatus } from './connectors.ts'
import { rootCause } from './root-cause.ts'

export interface ConnectorFailure {
  readonly reason: string
  readonly restarts: number
}

export interface DueRestart extends ConnectorFailure {
  readonly name: string
  /** Another reason than the last time: worth a line on the screen. */
  readonly isNew: boolean
}

export interface ConnectorFailures {
  /** Takes note of what is seen, and answers the connectors that are to be restarted now. */
  note(connectors: readonly ConnectorStatus[], nowMs: number): DueRestart[]
  of(name: string): ConnectorFailure | undefined
}

/** Strimzi's autoRestart waits longer and longer too; here somebody watches. */
const firstDelayMs = 1_000
const maxDelayMs = 60_000
/** Longer than a connector takes from its start to the record that stops it. */
const recoveredAfterMs = 20_000

interface Entry extends ConnectorFailure {
  readonly lastSeenMs: number
  readonly nextRestartMs: number
}

export function createConnectorFailures(): ConnectorFailures {
  const failing = new Map<string, Entry>()
  return {
    note(connectors, nowMs) {
      const due: DueRestart[] = []
      for (const { name, connector, tasks } of connectors) {
        const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED')
        const before = failing.get(name)
        if (!failed) {
          if (before && nowMs - before.lastSeenMs > recoveredAfterMs) failing.delete(name)
          continue
        }
        const reason = rootCause(failed.trace)
        const { restarts = 0, nextRestartMs = nowMs } = before ?? {}
        const isDue = nowMs >= nextRestartMs
        failing.set(name, {
          reason,
          restarts: isDue ? restarts + 1 : restarts,
          lastSeenMs: nowMs,
          nextRestartMs: isDue ? nowMs + Math.min(firstDelayMs * 2 ** restarts, maxDelayMs) : nextRestartMs
        })
        if (isDue) due.push({ name, reason, restarts: restarts + 1, isNew: before?.reason !== reason })
      }
      return due
    },
    of: name => failing.get(name)
  }
}
