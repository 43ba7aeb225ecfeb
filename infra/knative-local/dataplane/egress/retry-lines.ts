// Lines about attempts that fail, of one egress. With a sink that is down every record under way has some, and a thousand lines
// say no more than twenty; the others are counted. What became of a record for good is not written here.
import type { Logger } from 'pino'

const MAX_LINES = 20
const WINDOW_MS = 10_000

export class RetryLines {
  private readonly log: Logger
  private lines = 0
  private more = 0
  private last = ''
  private timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.log = log
  }

  write(level: 'info' | 'warn', fields: object, message: string): void {
    this.timer ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref()
    this.lines++
    if (this.lines <= MAX_LINES) return this.log[level](fields, message)
    this.more++
    this.last = message
  }

  private endWindow(): void {
    if (this.more > 0)
      this.log.warn({ more: this.more }, `${this.more} more within 10 s, the last of them ${this.last}`)
    this.timer = undefined
    this.lines = 0
    this.more = 0
  }
}
