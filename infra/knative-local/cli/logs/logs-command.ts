// `npm run local -- logs`: the logs of all parts, in chronological order.
import { called } from '../../called.ts'
import { join } from 'node:path'
import { lines, safeJson } from '../../terminal-text.ts'
import { exitStatus, UsageError } from '../command-line.ts'
import type { LogFilter } from './filter.ts'
import { type LevelName, levels, type LogEntry } from './log-line.ts'
import { follow, isWanted, lastEntries } from './merge.ts'
import { PartLog, partsWithLogs } from './part-log.ts'

export interface LogsOptions {
  readonly part?: readonly string[]
  readonly level: LevelName
  readonly event?: string
  readonly trace?: string
  readonly lines: string
  readonly follow?: boolean
  readonly json?: boolean
}

export interface LogsOutput {
  write(text: string): void
  readonly colour: boolean
  readonly signal: AbortSignal
}

const maxLines = 100_000

/** `parts` are names of logs. @throws UsageError */
export async function showLogs(
  stateDirectory: string,
  parts: readonly string[],
  options: LogsOptions,
  { write, colour, signal }: LogsOutput
): Promise<number> {
  const directory = join(stateDirectory, 'logs')
  const present = await partsWithLogs(directory)
  if (present.length === 0) throw new Error(`There are no logs in ${directory}. ${called('dev')} writes them.`)
  const unknown = parts.filter(part => !present.includes(part))
  if (unknown.length > 0) throw new UsageError(`${unknown.join(', ')} has no log. Parts: ${present.join(', ')}`)
  const count = Number(options.lines)
  if (!Number.isInteger(count) || count < 0 || count > maxLines) {
    throw new UsageError(`--lines must be a whole number from 0 to ${maxLines}`)
  }

  const { event, trace } = options
  const filter: LogFilter = { minLevel: levels[options.level], parts, event, trace }
  const format = options.json ? asJson : await readable(colour)
  const logs = present.filter(part => isWanted(filter, part)).map(part => new PartLog(directory, part))
  for (const entry of await lastEntries(logs, filter, count)) write(format(entry))
  if (options.follow) for await (const entry of follow(directory, logs, filter, signal)) write(format(entry))
  return options.follow && signal.aborted ? exitStatus.interrupted : exitStatus.done
}

function asJson({ part, time, level, message, fields }: LogEntry): string {
  const line = { time: new Date(time).toISOString(), level: nameOf(level), part, msg: message, ...fields }
  return `${lines(JSON.stringify(line)).replaceAll('\n', '\\n')}\n`
}

/** One line an entry; the lines of a stack trace stay below each other. */
async function readable(colour: boolean): Promise<(entry: LogEntry) => string> {
  const { default: pretty } = await import('pino-pretty')
  const format = pretty.prettyFactory({
    colorize: colour,
    singleLine: true,
    errorLikeObjectKeys: [], // an error is a text here, and stays on the line
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'function,pid,hostname',
    messageFormat: '{msg}'
  })
  return ({ part, time, level, message, fields }) =>
    format({ ...(safeJson(fields) as object), level, time, name: part, msg: lines(message.replaceAll('\t', '    ')) })
}

function nameOf(level: number): string {
  return Object.entries(levels).find(([, value]) => value === level)?.[0] ?? String(level)
}
