// The logs of all parts as one, in the order of time.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LogFilter, matches } from './filter.ts'
import type { LogEntry } from './log-line.ts'
import { PartLog, partsWithLogs } from './part-log.ts'

const lookEveryMs = 250
/** More than the two looks for which an entry waits for the lines that belong to it, so that the order of parts is right. */
const settleMs = 750

/** The last `count` entries that match, in order. */
export async function lastEntries(logs: readonly PartLog[], filter: LogFilter, count: number): Promise<LogEntry[]> {
  const ofParts = await Promise.all(logs.map(log => lastOf(log, filter, count)))
  return ofParts.flat().toSorted(byTime).slice(-count)
}

/** What comes from now on, until the signal; also of parts whose log begins only then. */
export async function* follow(
  directory: string,
  logs: PartLog[],
  filter: LogFilter,
  signal: AbortSignal
): AsyncGenerator<LogEntry> {
  let waiting: LogEntry[] = []
  while (!signal.aborted) {
    const known = new Set(logs.map(({ part }) => part))
    for (const part of await partsWithLogs(directory)) {
      if (!known.has(part) && isWanted(filter, part)) logs.push(new PartLog(directory, part))
    }
    for (const log of logs) {
      let grew = false
      for await (const entry of log.read()) {
        grew = true
        waiting.push(entry)
      }
      const last = grew ? undefined : log.end()
      if (last !== undefined) waiting.push(last)
    }
    waiting = waiting.filter(entry => matches(filter, entry)).toSorted(byTime)
    const settled = waiting.filter(({ time }) => time < Date.now() - settleMs)
    yield* settled
    waiting = waiting.slice(settled.length)
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

export function isWanted({ parts }: LogFilter, part: string): boolean {
  return parts.length === 0 || parts.includes(part)
}

/** No more than `count` of a part are ever kept, however long its log is. */
async function lastOf(log: PartLog, filter: LogFilter, count: number): Promise<LogEntry[]> {
  let kept: LogEntry[] = []
  const keep = (entry: LogEntry): void => {
    if (!matches(filter, entry)) return
    kept.push(entry)
    if (kept.length > 2 * count) kept = kept.slice(-count)
  }
  for await (const entry of log.read()) keep(entry)
  const last = log.end()
  if (last !== undefined) keep(last)
  return kept.slice(-count)
}

function byTime(a: LogEntry, b: LogEntry): number {
  return a.time - b.time
}
