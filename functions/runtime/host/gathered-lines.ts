// Log lines of one turn of the event loop leave with one write. Each write is a system call that wakes whoever reads, and the commands of
// a group (group-commit.ts) are all logged in one turn.
import pino from 'pino'

/** Of what waits for the end of a turn, in characters. */
const maxWaiting = 8_192
/** From here on a line leaves at once, whatever the turn still does. */
const urgent = 40 // warn

interface GatheredLines extends pino.DestinationStream {
  /** Writes what waits; pino calls it for what is fatal, and whoever ends the process has to. */
  flushSync(): void
}

export function gatheredLines(output: pino.DestinationStream = standardOutput()): GatheredLines {
  let waiting = ''
  function flushSync(): void {
    const lines = waiting
    waiting = ''
    if (lines !== '') output.write(lines)
  }
  const gathering = {
    /** pino sets it before each line, as the symbol asks for. */
    lastLevel: 0,
    [Symbol.for('pino.metadata')]: true,
    flushSync,
    write(line: string): void {
      if (waiting === '') setImmediate(flushSync)
      waiting += line
      if (gathering.lastLevel >= urgent || waiting.length > maxWaiting) flushSync()
    }
  }
  return gathering
}

/** pino's own default hands each write to another thread, which takes longer to wake than to write, and which no exit waits for. */
const standardOutput = () => pino.destination({ dest: 1, sync: true })
