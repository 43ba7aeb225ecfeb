import { createServer, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { until } from '../../until.ts'
import { KEYS } from './stream.ts'

interface Delivery {
  readonly key: string
  readonly number: number
}

/** A broker that dies is given up after 9 s, and a coordinator that dies with it found again; the rest is for a busy machine. */
const withinMs = 60_000

/** A subscriber that remembers. Deliveries of `heldKey` are answered when they are let go. */
export async function listen({ heldKey = '' } = {}) {
  const delivered: Delivery[] = []
  const answered: string[] = []
  const { promise: letGo, resolve } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const key = String(request.headers['ce-order'])
    request.resume()
    request.on('end', () => {
      delivered.push({ key, number: Number(request.headers['ce-number']) })
      void (key === heldKey ? letGo : Promise.resolve()).then(() => answer(key, response))
    })
  })
  function answer(key: string, response: ServerResponse): void {
    answered.push(key)
    response.writeHead(204).end()
  }
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const ids = (): string[] => delivered.map(({ key, number }) => `${key}-${number}`)
  return {
    url: `http://127.0.0.1:${port}/`,
    count: (key: string) => delivered.filter(one => one.key === key).length,
    answered: (key: string) => answered.filter(one => one === key).length,
    letGo: resolve,
    duplicates: () => {
      const known = new Set<string>()
      return ids().filter(id => known.size === known.add(id).size)
    },
    more: async (count: number) => {
      const before = delivered.length
      await until(`${count} more deliveries`, withinMs, async () => delivered.length >= before + count)
    },
    all: async (sent: number) => {
      await until(`all ${sent} of each key`, withinMs, async () => {
        const known = new Set(ids())
        return KEYS.every(key =>
          Array.from({ length: sent }, (_, number) => known.has(`${key}-${number}`)).every(Boolean)
        )
      })
    },
    /** The first of the first deliveries that came before one with a lower number of its key. */
    firstOutOfOrder: (): Delivery | undefined => {
      const next = new Map<string, number>()
      for (const delivery of delivered) {
        const expected = next.get(delivery.key) ?? 0
        if (delivery.number > expected) return delivery
        if (delivery.number === expected) next.set(delivery.key, expected + 1)
      }
      return undefined
    }
  }
}
