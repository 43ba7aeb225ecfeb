// The body of a request before its turn. A request is counted against the function's concurrency when its body is there, so that
// slow senders hold nothing that others need; what is kept of bodies in the meantime is bounded, and so is their number.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The whole body, or the request itself where it is too large to be kept: that is sent on as it comes. */
export type RequestBody = Buffer | IncomingMessage | null

export interface Arrivals {
  /** Undefined when the client has gone, or has been let go. */
  ready(request: IncomingMessage, response: ServerResponse): Promise<RequestBody | undefined>
}

/** So much of a body is always kept. */
const alwaysKeptBytes = 64 * 1024
/** So much of a body is kept as long as there is room; with Knative events are 1 MiB at most. */
const maxKeptBytes = 1024 * 1024
/** The room of all bodies that are larger than what is always kept. */
const maxKeptBytesInAll = 32 * 1024 * 1024
/** Of bodies that are not complete. One more, and the one that has been coming for longest makes room. */
const maxUnfinished = 1_000

/** `letGo` answers a client whose body does not end. */
export function createArrivals(letGo: (request: IncomingMessage, response: ServerResponse) => void): Arrivals {
  /** In the order in which they came. */
  const unfinished = new Map<IncomingMessage, () => void>()
  let keptBytes = 0

  return {
    ready(request, response) {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
      if (encoding === undefined && (length === undefined || Number(length) === 0)) return Promise.resolve(null)
      if (encoding === undefined && Number(length) > maxKeptBytes) return Promise.resolve(request)
      return new Promise(fulfil => {
        const chunks: Buffer[] = []
        let bytes = 0
        const end = (body: RequestBody | undefined): void => {
          unfinished.delete(request)
          request.off('data', take).off('end', complete).off('close', gone)
          fulfil(body)
        }
        const complete = (): void => {
          const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
          if (bytes > alwaysKeptBytes) response.once('close', () => (keptBytes -= bytes))
          end(body)
        }
        const giveUp = (): void => {
          if (bytes > alwaysKeptBytes) keptBytes -= bytes
        }
        const gone = (): void => {
          giveUp()
          end(undefined)
        }
        const take = (chunk: Buffer): void => {
          chunks.push(chunk)
          const before = bytes
          bytes += chunk.length
          if (bytes <= alwaysKeptBytes) return
          keptBytes += before > alwaysKeptBytes ? chunk.length : bytes
          if (bytes <= maxKeptBytes && keptBytes <= maxKeptBytesInAll) return
          giveUp()
          end(request)
          request.pause()
          request.unshift(Buffer.concat(chunks))
        }
        request.on('data', take).once('end', complete).once('close', gone)

        const [oldest] = unfinished.values()
        unfinished.set(request, () => {
          gone()
          letGo(request, response)
        })
        if (unfinished.size > maxUnfinished) oldest?.()
      })
    }
  }
}
