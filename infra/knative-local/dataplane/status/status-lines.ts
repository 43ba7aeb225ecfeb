// One line for each KafkaSource and Trigger, and for each Broker and KafkaSink with a problem, that stays current: redrawn on a terminal, otherwise written when something changed.
import { counted } from '../../counted.ts'
import type { WriteStream } from 'node:tty'
import { oneLine } from '../../terminal-text.ts'
import { describePlace } from '../egress/outcomes.ts'
import type { DataPlaneStatus, EgressStatus, IngressStatus } from './status.ts'

const REDRAW_MS = 500
const WRITE_CHANGES_MS = 3000

export interface StatusLines {
  /** From now on the status is shown. */
  show(status: () => DataPlaneStatus): void
  /** Writes a line of text that stays. */
  say(text: string): void
  close(): void
}

export function statusLine(source: EgressStatus): string {
  const lag = source.assignments.reduce((sum, { lag: behind }) => sum + behind, 0)
  const what = `${source.kind} ${source.namespace}/${source.name}`
  const how = source.ready ? 'consuming' : [source.state, source.reason, source.message].filter(Boolean).join(', ')
  const numbers = [
    source.ready && source.assignments.length === 0
      ? `partitions 0: the other members of group ${source.group} read them`
      : `partitions ${source.assignments.length}`,
    `lag ${lag}`,
    `${source.rate}/s`,
    `delivered ${source.delivered}`,
    `retries ${source.retries}`,
    `dead letters ${source.deadLettered}`
  ]
  const [worst] = source.retrying
  if (worst !== undefined)
    numbers.push(`retrying ${describePlace(worst)} (${counted(worst.failures, 'failure')}: ${worst.error})`)
  const losses = source.dropped + source.discarded
  if (losses > 0) numbers.push(`LOST ${losses}`)
  return oneLine(source.state === 'waiting' ? `${what}: ${how}` : `${what}: ${how}, ${numbers.join(', ')}`)
}

export function ingressLine({ kind, namespace, name, ready, reason, message }: IngressStatus): string {
  const how = ready ? 'ready' : ['not ready', reason, message].filter(Boolean).join(', ')
  return oneLine(`${kind} ${namespace}/${name}: ${how}`)
}

export function openStatusLines(out: WriteStream, json: boolean): StatusLines {
  return json || !out.isTTY ? writeChanges(out, json) : redraw(out)
}

/** The lines are always the last ones on the screen: what is said comes above them. */
function redraw(out: WriteStream): StatusLines {
  let timer: NodeJS.Timeout | undefined
  let draw = (): void => {}
  let drawn = 0
  const erase = (): void => {
    out.moveCursor(0, -drawn)
    out.cursorTo(0)
    out.clearScreenDown()
    drawn = 0
  }
  return {
    show: status => {
      draw = () => {
        erase()
        const { sources, ingresses } = status()
        const all = [...sources.map(statusLine), ...ingresses.filter(({ ready }) => !ready).map(ingressLine)]
        // What has left the screen at its top cannot be erased.
        const room = Math.max(1, out.rows - 2)
        const lines = all.length <= room ? all : [...all.slice(0, room - 1), `… and ${all.length - room + 1} more`]
        for (const line of lines) out.write(`${line.slice(0, out.columns - 1)}\n`)
        drawn = lines.length
      }
      timer = setInterval(draw, REDRAW_MS)
    },
    say: text => {
      erase()
      out.write(`${text}\n`)
      draw()
    },
    close: () => clearInterval(timer)
  }
}

function writeChanges(out: WriteStream, json: boolean): StatusLines {
  const written = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  const write = (of: EgressStatus | IngressStatus, text: string): void => {
    const line = json ? oneLine(JSON.stringify(of)) : text
    const key = `${of.kind} ${of.namespace}/${of.name}`
    if (written.get(key) === line) return
    written.set(key, line)
    out.write(`${line}\n`)
  }
  const isNews = ({ kind, namespace, name, ready }: IngressStatus): boolean =>
    !ready || written.has(`${kind} ${namespace}/${name}`)
  return {
    show: status => {
      timer = setInterval(() => {
        const { sources, ingresses } = status()
        for (const source of sources) write(source, statusLine(source))
        for (const ingress of ingresses.filter(isNews)) write(ingress, ingressLine(ingress))
      }, WRITE_CHANGES_MS)
    },
    say: text => void out.write(`${text}\n`),
    close: () => clearInterval(timer)
  }
}
