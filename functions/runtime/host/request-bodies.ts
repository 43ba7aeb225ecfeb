// Bodies as they come, whole, within bounds on each, on all of them together and on those that do not end: slow senders cost a
// function no more memory than that, and nobody else a place.
import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

export interface BodyBounds {
  readonly maxBytes: number
  /** Of the bodies that are not complete, together. */
  readonly maxUnfinishedBytes: number
  /** One more, and the one that has been coming for longest is given up. */
  readonly maxUnfinished: number
}

interface Unfinished {
  bytes: number
  giveUp(problem: Problem): void
}

/** The reader resolves with the whole body. It throws Problem 413 or 408, or another error when the client has gone. */
export function createBodyReader(bounds: BodyBounds): (request: IncomingMessage) => Promise<Buffer> {
  /** In the order in which they came. */
  const unfinished = new Map<IncomingMessage, Unfinished>()
  let unfinishedBytes = 0

  function makeRoom(): void {
    const [oldest] = unfinished.values()
    if (unfinished.size <= bounds.maxUnfinished && unfinishedBytes <= bounds.maxUnfinishedBytes) return
    oldest?.giveUp(new Problem(408, 'body-too-slow', 'Body too slow', 'the body did not end, and others wait'))
  }

  return request => {
    const tooLarge = () =>
      new Problem(413, 'body-too-large', 'Body too large', `the body is over ${bounds.maxBytes} bytes`)
    if (Number(request.headers['content-length']) > bounds.maxBytes) return Promise.reject(tooLarge())
    return new Promise((fulfil, reject) => {
      const chunks: Buffer[] = []
      const one: Unfinished = {
        bytes: 0,
        giveUp(problem) {
          leave()
          reject(problem)
        }
      }
      const leave = (): void => {
        if (!unfinished.delete(request)) return
        unfinishedBytes -= one.bytes
        request.off('data', take).off('end', complete).off('close', gone)
      }
      const take = (chunk: Buffer): void => {
        one.bytes += chunk.length
        unfinishedBytes += chunk.length
        chunks.push(chunk)
        if (one.bytes > bounds.maxBytes) one.giveUp(tooLarge())
        else makeRoom()
      }
      const complete = (): void => {
        leave()
        fulfil(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, one.bytes))
      }
      const gone = (): void => {
        leave()
        reject(new Error('the client went away in the middle of its body'))
      }
      unfinished.set(request, one)
      request.on('data', take).once('end', complete).once('close', gone)
      makeRoom()
    })
  }
}
