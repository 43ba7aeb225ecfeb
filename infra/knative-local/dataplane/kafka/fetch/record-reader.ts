// Reads the fields of records one after the other, and refuses lengths that do not fit. https://kafka.apache.org/documentation/#record
import type { HeaderList } from './decoded-message.ts'

/** As many as fit into a record of Kafka's 1 MiB; compressed, a batch of that size can hold sixty million. */
const MAX_HEADERS = 524_288

export class RecordReader {
  private readonly buffer: Buffer
  private at = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  /** Reads a record's length and attributes; where it ends. */
  recordEnd(): number {
    const length = this.varint()
    const end = this.at + length
    if (length < 1 || end > this.buffer.length) throw new Error(`a record of ${length} bytes does not fit its batch`)
    this.at++ // attributes: none is defined
    return end
  }

  skipTo(end: number): void {
    if (this.at > end) throw new Error('a record is longer than it says')
    this.at = end
  }

  varint(): number {
    let result = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      result |= (byte & 0x7f) << shift
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1)
    }
    throw new Error('a number of more than 32 bits')
  }

  varlong(): bigint {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (result >> 1n) ^ -(result & 1n))
    }
    throw new Error('a number of more than 64 bits')
  }

  /** null for a negative length, as Java reads it. */
  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const end = this.at + length
    if (end > this.buffer.length) throw new Error(`a field of ${length} bytes does not fit its record`)
    const bytes = this.buffer.subarray(this.at, end)
    this.at = end
    return bytes
  }

  headers(): HeaderList {
    const count = this.varint()
    // A header takes two bytes at least.
    if (count < 0 || count * 2 > this.buffer.length - this.at) throw new Error(`${count} headers do not fit a record`)
    if (count > MAX_HEADERS) throw new Error(`a record of ${count} headers, more than ${MAX_HEADERS}`)
    const headers: [string, Buffer | null][] = []
    for (let i = 0; i < count; i++) headers.push([this.bytes()?.toString('utf8') ?? '', this.bytes()])
    return headers
  }

  private byte(): number {
    const byte = this.buffer[this.at++]
    if (byte === undefined) throw new Error('a record is cut off')
    return byte
  }
}
