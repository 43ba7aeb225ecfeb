// A log file that lines are appended to in batches: a function that logs a line per event must not cost a write per line.
import { type FileHandle, open, rename } from 'node:fs/promises'

const maxBufferedBytes = 4 * 1024 * 1024
/** The file is then set aside as NAME.log.1, and the one set aside before goes. */
const maxFileBytes = 64 * 1024 * 1024

export class LogFile {
  readonly #path: string
  #file: FileHandle | undefined
  #fileBytes = 0
  #pending: string[] = []
  #pendingBytes = 0
  #writing = false
  #closing = false

  constructor(path: string) {
    this.#path = path
  }

  write(line: string): void {
    if (this.#pendingBytes > maxBufferedBytes) return // the disk is slower than the writer: drop, do not grow
    this.#pending.push(line)
    this.#pendingBytes += line.length
    if (!this.#writing) void this.#flush()
  }

  close(): void {
    this.#closing = true
    if (!this.#writing) void this.#flush()
  }

  async #flush(): Promise<void> {
    this.#writing = true
    try {
      while (this.#pending.length > 0) {
        const text = `${this.#pending.join('\n')}\n`
        this.#pending = []
        this.#pendingBytes = 0
        if (this.#fileBytes > maxFileBytes) await this.#setAside()
        this.#file ??= await open(this.#path, 'a')
        await this.#file.write(text)
        this.#fileBytes += text.length
      }
      if (this.#closing) await this.#file?.close()
    } catch {
      this.#pending = [] // the state folder is gone: nobody will read this
    } finally {
      this.#writing = false
    }
  }

  async #setAside(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    this.#fileBytes = 0
    await rename(this.#path, `${this.#path}.1`)
  }
}
