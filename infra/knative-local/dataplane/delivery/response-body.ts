/** A reply must fit a Kafka record, whose default limit this is; more is read, so that the connection can be used again, and not kept. */
const MAX_BODY_BYTES = 1024 * 1024

export class ResponseBody {
  truncated = false
  private readonly chunks: Buffer[] = []
  private length = 0

  add(chunk: Buffer): void {
    this.length += chunk.length
    if (this.length <= MAX_BODY_BYTES) this.chunks.push(chunk)
    else this.truncated = true
  }

  get bytes(): Buffer {
    return this.chunks.length === 1 && this.chunks[0] !== undefined ? this.chunks[0] : Buffer.concat(this.chunks)
  }
}
