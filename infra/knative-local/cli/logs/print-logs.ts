// Logs on the terminal, until Ctrl-C when they are followed.
import { type LogsOptions, showLogs } from './logs-command.ts'

export async function printLogs(
  stateDirectory: string,
  parts: readonly string[],
  options: LogsOptions
): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  return showLogs(stateDirectory, parts, options, {
    write: text => void process.stdout.write(text),
    colour: process.stdout.isTTY,
    signal: stop.signal
  })
}
