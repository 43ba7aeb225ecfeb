import { Socket } from 'node:net'

/**
 * Sends what is written in one turn of the event loop together: a transaction's statements, which pg writes one after the other,
 * leave with one system call and reach PostgreSQL at once.
 *
 * With TLS the writes are gathered by nobody: Node's TLS socket takes the connection over.
 */
export class GatheringSocket extends Socket {
  // Node's own sets `write` of each socket that connects. https://github.com/nodejs/node/blob/v24.11.0/lib/net.js
  override connect(...to: unknown[]): this {
    super.connect(...(to as [never]))
    Reflect.deleteProperty(this, 'write')
    return this
  }

  override write(chunk: string | Uint8Array, ...rest: never[]): boolean {
    if (this.writableCorked === 0) {
      this.cork()
      process.nextTick(() => this.uncork()) // after the promises that are settled by now, and what they write
    }
    return super.write(chunk, ...rest)
  }
}
