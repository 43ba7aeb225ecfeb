// A log file that lines are appended to in batches: a function that logs a line per event must not cost a write per line.
import { type FileHandle, open, rename } from 'node:fs/promises'

const maxBufferedBytes = 4 * 1024 * 1024
/** The file is then set aside as NAME.log.1, and the one set aside before goes: a part has at most twice as much. */
const maxFileBytes = 16 * 1024 * 1024

export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  #file: FileHandle | undefined
  #fileBytes = 0
  #pending: string[] = []
  #pendingBytes = 0
  #left = 0
  #writing: Promise<void> | undefined

  constructor(path: string, maxBytes = maxFileBytes) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  write(line: string): void {
    if (this.#pendingBytes > maxBufferedBytes) {
      this.#left++ // the disk is slower than the writer: drop, do not grow
      return
    }
    this.#pending.push(line)
    this.#pendingBytes += line.length
    this.#writing ??= this.#flush()
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing
    await this.#file?.close()
    this.#file = undefined
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
