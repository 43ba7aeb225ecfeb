// A log file that lines are appended to in batches: a function that logs a line per event must not cost a write per line.
import { close, write } from 'node:fs'

const maxBufferedBytes = 4 * 1024 * 1024

export class LogFile {
  #pending: string[] = []
  #pendingBytes = 0
  #writing = false
  #closing = false
  readonly #file: number

  constructor(file: number) {
    this.#file = file
  }

  write(line: string): void {
    if (this.#pendingBytes > maxBufferedBytes) return // the disk is slower than the writer: drop, do not grow
    this.#pending.push(line)
    this.#pendingBytes += line.length
    this.#flush()
  }

  close(): void {
    this.#closing = true
    this.#flush()
  }

  #flush(): void {
    if (this.#writing) return
    if (this.#pending.length === 0) {
      if (this.#closing) close(this.#file, () => undefined)
      return
    }
    const text = `${this.#pending.join('\n')}\n`
    this.#pending = []
    this.#pendingBytes = 0
    this.#writing = true
    write(this.#file, text, () => {
      this.#writing = false
      this.#flush()
    })
  }
}
