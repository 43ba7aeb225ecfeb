// A shell that holds the other end of a pipe from main. The pipe ends when main ends, however that came about, and the
// shell then kills what main still had running. It costs a megabyte and works wherever there is a POSIX shell.
import { spawn } from 'node:child_process'

const script = `
trap '' INT TERM HUP
pids=
while read -r sign pid; do
  if [ "$sign" = + ]; then pids="$pids $pid"; continue; fi
  rest=
  for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done
  pids=$rest
done
for p in $pids; do kill -9 "-$p" 2>/dev/null; done
`

export interface Reaper {
  watch(pid: number): void
  forget(pid: number): void
  close(): void
}

export function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.stdin.on('error', () => undefined) // somebody killed the shell; leftovers.ts still finds what is left
  shell.unref()
  return {
    watch: pid => void shell.stdin.write(`+ ${pid}\n`),
    forget: pid => void shell.stdin.write(`- ${pid}\n`),
    close: () => shell.stdin.end()
  }
}
