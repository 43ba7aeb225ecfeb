// The log of one part: its files as entries, and what is appended to them.
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { continued, levels, type LogEntry, readLine } from './log-line.ts'

/** Of one look at a file that grows: more comes with the next. */
const maxChunkBytes = 1024 * 1024
/** Lines of one entry; a part that writes no times at all must not become one endless entry. */
const maxEntryLines = 500

/** Names of the parts that have a log, in order. */
export async function partsWithLogs(directory: string): Promise<string[]> {
  const files = await readdir(directory).catch(() => [])
  return files
    .filter(file => file.endsWith('.log'))
    .map(file => file.slice(0, -'.log'.length))
    .toSorted()
}

export class PartLog {
  readonly part: string
  readonly #path: string
  #inode = 0
  #offset = 0
  #rest = Buffer.alloc(0)
  #open: LogEntry | undefined
  #lastTime = 0
  #lines = 0

  constructor(directory: string, part: string) {
    this.part = part
    this.#path = join(directory, `${part}.log`)
  }

  /** Everything that is complete by now. Call it again for what has come since; the file may have been set aside between. */
  async *read(): AsyncGenerator<LogEntry> {
    const now = await stat(this.#path).catch(() => undefined)
    if (now === undefined) return
    if (this.#inode !== 0 && now.ino !== this.#inode) {
      yield* this.#readFile(`${this.#path}.1`)
      this.#offset = 0
    }
    this.#inode = now.ino
    yield* this.#readFile(this.#path)
  }

  /** The last entry, once nothing more belongs to it. */
  end(): LogEntry | undefined {
    const last = this.#open
    this.#open = undefined
    return last
  }

  async *#readFile(path: string): AsyncGenerator<LogEntry> {
    const file = await open(path).catch(() => undefined)
    if (file === undefined) return
    try {
      const chunk = Buffer.alloc(maxChunkBytes)
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#offset)
        if (bytesRead === 0) return
        this.#offset += bytesRead
        const lines = Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)])
        const end = lines.lastIndexOf('\n')
        this.#rest = lines.subarray(end + 1)
        if (end === -1) continue
        for (const line of lines.toString('utf8', 0, end).split('\n')) yield* this.#take(line)
      }
    } finally {
      await file.close()
    }
  }

  *#take(line: string): Generator<LogEntry> {
    const entry = readLine(this.part, line)
    if (entry === undefined && this.#open !== undefined && this.#lines < maxEntryLines) {
      this.#lines++
      if (line.trim() !== '') this.#open = continued(this.#open, line)
      return
    }
    if (this.#open !== undefined) yield this.#open
    this.#lastTime = entry?.time ?? this.#lastTime
    this.#open = entry ?? { part: this.part, time: this.#lastTime, level: levels.info, message: line, fields: {} }
    this.#lines = 1
  }
}
