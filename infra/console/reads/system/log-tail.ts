// The newest entries of the logs of a stack that runs here: files are read once, and then what is appended to them.
import { type LogEntry, PartLog, partsWithLogs } from '../../../knative-local/logs.ts'

/** Of each part. */
const maxEntries = 2_000

export interface LogTail {
  /** In chronological order. */
  entries(): Promise<readonly LogEntry[]>
}

export function openLogTail(directory: string): LogTail {
  const logs = new Map<string, PartLog>()
  const kept = new Map<string, LogEntry[]>()
  let reading: Promise<void> = Promise.resolve()

  async function readOn(): Promise<void> {
    for (const part of await partsWithLogs(directory)) {
      const log = logs.get(part) ?? new PartLog(directory, part)
      logs.set(part, log)
      const entries = kept.get(part) ?? []
      let grew = false
      for await (const entry of log.read()) {
        grew = true
        entries.push(entry)
        if (entries.length > 2 * maxEntries) entries.splice(0, maxEntries)
      }
      const last = grew ? undefined : log.end()
      if (last !== undefined) entries.push(last)
      kept.set(part, entries.slice(-maxEntries))
    }
  }

  return {
    async entries() {
      reading = reading.then(readOn) // two questions at once must not read a file twice
      await reading
      return [...kept.values()].flat().toSorted((a, b) => a.time - b.time)
    }
  }
}
