// A log file that lines are appended to in batches: a function that logs a line per event must not cost a write per line. A line that
// comes after a while is written at once; others that follow it soon are gathered.
import { type FileHandle, open, rename } from 'node:fs/promises'

const maxBufferedBytes = 4 * 1024 * 1024
/** The file is then set aside as NAME.log.1, and the one set aside before goes: a part has at most twice as much. */
const maxFileBytes = 16 * 1024 * 1024
/** A person who follows the log does not notice it; at 400 lines a second it makes 10 writes of 400. */
const gatherMs = 100
/** So much is not gathered any longer. */
const maxGatheredBytes = 64 * 1024

export interface LogFileOptions {
  readonly maxBytes?: number
  readonly gatherMs?: number
}

export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #gatherMs: number
  #file: FileHandle | undefined
  #fileBytes = 0
  #pending: string[] = []
  #pendingBytes = 0
  #left = 0
  #writing: Promise<void> | undefined
  #writtenAt = -Infinity
  #gathering: NodeJS.Timeout | undefined

  constructor(path: string, options: LogFileOptions = {}) {
    this.#path = path
    this.#maxBytes = options.maxBytes ?? maxFileBytes
    this.#gatherMs = options.gatherMs ?? gatherMs
  }

  write(line: string): void {
    if (this.#pendingBytes > maxBufferedBytes) {
      this.#left++ // the disk is slower than the writer: drop, do not grow
      return
    }
    this.#pending.push(line)
    this.#pendingBytes += line.length
    if (this.#writing) return // it continues until nothing is left
    const waitMs = this.#writtenAt + this.#gatherMs - performance.now()
    if (waitMs <= 0 || this.#pendingBytes > maxGatheredBytes) this.#writeNow()
    else this.#gathering ??= setTimeout(() => this.#writeNow(), waitMs)
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    this.#writeNow()
    while (this.#writing) await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  #writeNow(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    if (this.#pending.length > 0) this.#writing ??= this.#flush()
  }

  async #flush(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        if (this.#left > 0) this.#pending.push(`${this.#left} lines were left out: the disk is too slow`)
        const text = Buffer.from(`${this.#pending.join('\n')}\n`)
        this.#pending = []
        this.#pendingBytes = 0
        this.#left = 0
        if (this.#fileBytes > this.#maxBytes) await this.#setAside()
        await this.#opened()
        await this.#file?.write(text)
        this.#fileBytes += text.length
      }
    } catch {
      this.#pending = [] // the state folder is gone: nobody will read this
      this.#pendingBytes = 0
    } finally {
      this.#writtenAt = performance.now()
      this.#writing = undefined
    }
  }

  async #opened(): Promise<void> {
    if (this.#file) return
    this.#file = await open(this.#path, 'a', 0o600)
    this.#fileBytes = (await this.#file.stat()).size
  }

  async #setAside(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    await rename(this.#path, `${this.#path}.1`)
  }
}
