// A bad network between a data plane and a function: connections that break at any byte, or bytes that come late. It knows
// nothing of HTTP, so that a break may come before, in the middle of or after a request or its answer.
import { connect, createServer, type Socket } from 'node:net'
import { listenOnLoopback } from '../../knative-local/testing.ts'
import type { Random } from './random.ts'

export type NetworkMode = 'cut' | 'slow'

export interface NetworkProxy {
  readonly url: string
  /** Connections so far, and those of them that were reset. */
  readonly counts: { connections: number; cut: number }
  close(): Promise<void>
}

/** Of each piece that a socket hands over, in either direction. */
const slowMs = 300
/** After which a connection is cut: an event with its headers is about a kilobyte, its answer a tenth of that. */
const cutBytes = { low: 200, high: 3_000 }

export async function startNetworkProxy(target: string, mode: NetworkMode, random: Random): Promise<NetworkProxy> {
  const upstreamAddress = new URL(target)
  const counts = { connections: 0, cut: 0 }
  const open = new Set<Socket>()

  const server = createServer(client => {
    counts.connections++
    const upstream = connect(Number(upstreamAddress.port), upstreamAddress.hostname)
    let left = mode === 'cut' ? random.between(cutBytes.low, cutBytes.high) : Number.POSITIVE_INFINITY
    const cut = (): void => {
      if (client.destroyed && upstream.destroyed) return
      counts.cut++
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      open.add(from)
      from.setNoDelay()
      from.on('close', () => {
        open.delete(from)
        to.end()
      })
      from.on('error', () => to.destroy())
      from.on('data', (bytes: Buffer) => {
        const passed = bytes.subarray(0, left)
        left -= bytes.length
        pass(from, to, passed, mode === 'slow' ? slowMs : 0, left <= 0 ? cut : undefined)
      })
    }
  })
  const port = await listenOnLoopback(server)
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

/** One piece at a time: nothing is read while a piece waits, so that no more than that is kept. */
function pass(from: Socket, to: Socket, bytes: Buffer, delayMs: number, after?: () => void): void {
  from.pause()
  const write = (): void => {
    if (to.destroyed) return
    to.write(bytes, () => {
      if (after) after()
      else from.resume()
    })
  }
  if (delayMs > 0) setTimeout(write, delayMs)
  else write()
}
