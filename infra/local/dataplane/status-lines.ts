// One line for each KafkaSource and Trigger that stays current: redrawn on a terminal, otherwise written when something changed.
import type { WriteStream } from 'node:tty'
import type { DataPlaneStatus, EgressStatus } from './status.ts'

const REDRAW_MS = 500
const WRITE_CHANGES_MS = 3000

export interface StatusLines {
  close(): void
}

export function statusLine(source: EgressStatus): string {
  const lag = source.assignments.reduce((sum, { lag: behind }) => sum + behind, 0)
  const what = `${source.kind} ${source.namespace}/${source.name}`
  const how = source.ready ? 'consuming' : [source.state, source.reason, source.message].filter(Boolean).join(', ')
  const numbers = [
    `partitions ${source.assignments.length}`,
    `lag ${lag}`,
    `${source.rate}/s`,
    `delivered ${source.delivered}`,
    `retries ${source.retries}`,
    `dead letters ${source.deadLettered}`
  ]
  const losses = source.dropped + source.discarded
  if (losses > 0) numbers.push(`LOST ${losses}`)
  return source.state === 'waiting' ? `${what}: ${how}` : `${what}: ${how}, ${numbers.join(', ')}`
}

export function drawStatus(status: () => DataPlaneStatus, out: WriteStream, json: boolean): StatusLines {
  const timer = json || !out.isTTY ? writeChanges(status, out, json) : redraw(status, out)
  return { close: () => clearInterval(timer) }
}

function redraw(status: () => DataPlaneStatus, out: WriteStream): NodeJS.Timeout {
  let drawn = 0
  return setInterval(() => {
    const lines = status().sources.map(source => statusLine(source).slice(0, out.columns - 1))
    out.moveCursor(0, -drawn)
    out.cursorTo(0)
    out.clearScreenDown()
    for (const line of lines) out.write(`${line}\n`)
    drawn = lines.length
  }, REDRAW_MS)
}

function writeChanges(status: () => DataPlaneStatus, out: WriteStream, json: boolean): NodeJS.Timeout {
  const written = new Map<string, string>()
  return setInterval(() => {
    for (const source of status().sources) {
      const line = json ? JSON.stringify(source) : statusLine(source)
      const key = `${source.kind} ${source.namespace}/${source.name}`
      if (written.get(key) === line) continue
      written.set(key, line)
      out.write(`${line}\n`)
    }
  }, WRITE_CHANGES_MS)
}
