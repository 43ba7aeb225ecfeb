// The answer to one request, read from the bytes of a connection as they come. Strictly: what RFC 9112 does not allow is no answer,
// because whoever guesses where it ends may take a part of it for the next one.
import { maxHeaderSize } from 'node:http'

export interface AnswerHead {
  readonly status: number
  readonly reason: string
  /** Name and value in turn, as they were written. */
  readonly rawHeaders: readonly string[]
  /** The values of its Connection headers, in lower case. */
  readonly connection: string
}

export interface AnswerSink {
  /** A 1xx; the answer itself follows. */
  onInformation(head: AnswerHead): void
  onHead(head: AnswerHead): void
  /** The bytes are another's after the call. The last ones of a body of known length do not come here. */
  onBody(bytes: Buffer): void
}

export class BadAnswer extends Error {}

type Expected = 'head' | 'body' | 'chunk size' | 'chunk' | 'end of chunk' | 'trailers' | 'nothing'

export class AnswerReader {
  readonly #method: string
  readonly #sink: AnswerSink
  #expected: Expected = 'head'
  /** The beginning of a head or of a line. */
  #kept: Buffer | undefined
  /** Of the body or of its chunk; Infinity where the connection's end ends it. */
  #bytesLeft = 0
  #trailerBytes = 0
  #keepAliveMs = Infinity
  #last: Buffer | undefined

  constructor(method: string, sink: AnswerSink) {
    this.#method = method
    this.#sink = sink
  }

  get isComplete(): boolean {
    return this.#expected === 'nothing'
  }

  /** Of an answer that is complete, the last bytes of a body of known length: all of them, when they came at once. */
  get last(): Buffer | undefined {
    return this.#last
  }

  /** How long the connection can be kept for another request: 0 when not at all, Infinity when nothing was said. */
  get keepAliveMs(): number {
    return this.#keepAliveMs
  }

  /** @throws BadAnswer */
  take(bytes: Buffer): void {
    const all = this.#kept ? Buffer.concat([this.#kept, bytes]) : bytes
    this.#kept = undefined
    let at = 0
    while (at < all.length) {
      const next = this.#step(all, at)
      if (next === undefined) {
        if (all.length - at > maxHeaderSize) throw new BadAnswer('a head or a line without an end')
        this.#kept = Buffer.from(all.subarray(at))
        return
      }
      at = next
    }
  }

  /** The instance has ended the connection. @throws BadAnswer in the middle of an answer */
  end(): void {
    if (this.#bytesLeft !== Infinity) throw new BadAnswer('the connection ended before the answer')
    this.#complete()
  }

  /** Where the rest begins; undefined when more must come first. */
  #step(all: Buffer, at: number): number | undefined {
    switch (this.#expected) {
      case 'head':
        return this.#head(all, at)
      case 'body':
      case 'chunk':
        return this.#body(all, at)
      case 'nothing':
        this.#keepAliveMs = 0 // whatever that is, nobody has asked for it
        return all.length
      default:
        return this.#line(all, at)
    }
  }

  #head(all: Buffer, at: number): number | undefined {
    const end = all.indexOf('\r\n\r\n', at, 'latin1')
    if (end < 0) return undefined
    if (end - at > maxHeaderSize) throw new BadAnswer('too many headers')
    const head = parseHead(all.toString('latin1', at, end))
    if (head.status < 200) {
      if (head.status === 101) throw new BadAnswer('nobody has asked for another protocol')
      if (head.keepAliveMs === 0) throw new BadAnswer('a connection that ends before the answer')
      this.#sink.onInformation(head)
      return end + 4
    }
    this.#keepAliveMs = head.keepAliveMs
    this.#sink.onHead(head)
    const { status, length } = head
    if (this.#method === 'HEAD' || status === 204 || status === 304 || length === 0) this.#complete()
    else if (length === 'chunks') this.#expected = 'chunk size'
    else {
      this.#expected = 'body'
      this.#bytesLeft = length
      if (length === Infinity) this.#keepAliveMs = 0
    }
    return end + 4
  }

  #body(all: Buffer, at: number): number {
    const bytes = all.subarray(at, at + Math.min(this.#bytesLeft, all.length - at))
    this.#bytesLeft -= bytes.length
    if (this.#bytesLeft > 0 || this.#expected === 'chunk') this.#sink.onBody(bytes)
    else {
      this.#last = bytes
      this.#complete()
    }
    if (this.#bytesLeft === 0 && this.#expected === 'chunk') this.#expected = 'end of chunk'
    return at + bytes.length
  }

  /** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
  #line(all: Buffer, at: number): number | undefined {
    const end = all.indexOf('\r\n', at, 'latin1')
    if (end < 0) return undefined
    const line = all.toString('latin1', at, end)
    if (this.#expected === 'chunk size') {
      const [, size] = chunkSize.exec(line) ?? []
      if (size === undefined) throw new BadAnswer('a chunk without a size')
      this.#bytesLeft = Number.parseInt(size, 16)
      this.#expected = this.#bytesLeft === 0 ? 'trailers' : 'chunk'
    } else if (this.#expected === 'end of chunk') {
      if (line !== '') throw new BadAnswer('a chunk longer than its size')
      this.#expected = 'chunk size'
    } else if (line === '') this.#complete()
    else if (!header.test(line) || framing.test(line)) throw new BadAnswer('a trailer that is none')
    else if ((this.#trailerBytes += line.length) > maxHeaderSize) throw new BadAnswer('too many trailers')
    return end + 2
  }

  #complete(): void {
    this.#expected = 'nothing'
    this.#bytesLeft = 0
  }
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const header = /^([\w!#$%&'*+.^`|~-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/
/** These come before a body, and not after it. */
const framing = /^(?:content-length|transfer-encoding):/i
/** 52 bits are more than any body has. */
const chunkSize =
  /^([\da-f]{1,13})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*"))?)*$/i
/** As Node's own client: an instance closes an idle connection by its own clock. */
const keepAliveReserveMs = 1_000

interface ParsedHead extends AnswerHead {
  /** Of the body. https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
  readonly length: number | 'chunks'
  readonly keepAliveMs: number
}

function parseHead(text: string): ParsedHead {
  const [first = '', ...lines] = text.split('\r\n')
  const [, version, status, reason = ''] = statusLine.exec(first) ?? []
  if (status === undefined) throw new BadAnswer('no status line')
  const rawHeaders: string[] = []
  let connection = ''
  let length: number | undefined
  let encoding: string | undefined
  let keepAliveMs = Infinity
  for (const line of lines) {
    const [, name, spaced] = header.exec(line) ?? []
    if (name === undefined || spaced === undefined) throw new BadAnswer('a header that is none')
    const value = withoutTrailingSpace(spaced)
    rawHeaders.push(name, value)
    switch (name.toLowerCase()) {
      case 'connection':
        connection += `${connection && ', '}${value.toLowerCase()}`
        break
      case 'content-length':
        if (length !== undefined || !/^\d{1,15}$/.test(spaced)) throw new BadAnswer('a length that is none')
        length = Number(spaced)
        break
      case 'transfer-encoding':
        encoding = encoding === undefined ? spaced.toLowerCase() : `${encoding}, ${spaced}` // with a space after it, not all see it
        break
      case 'keep-alive': {
        const [, seconds] = /\btimeout=(\d+)/i.exec(value) ?? []
        if (seconds !== undefined) keepAliveMs = Math.max(0, Number(seconds) * 1_000 - keepAliveReserveMs)
      }
    }
  }
  if (encoding !== undefined && (encoding !== 'chunked' || length !== undefined || version === '0')) {
    throw new BadAnswer('a body whose end can be read in two ways')
  }
  const isKept = version === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
  return {
    status: Number(status),
    reason,
    rawHeaders,
    connection,
    length: encoding === undefined ? (length ?? Infinity) : 'chunks',
    keepAliveMs: isKept ? keepAliveMs : 0
  }
}

/** Of these two characters only; \xa0 is a part of the value. */
function withoutTrailingSpace(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--
  return text.slice(0, end)
}
