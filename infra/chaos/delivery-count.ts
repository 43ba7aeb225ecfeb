// Counts what the data plane delivered to the functions that follow students, across its restarts. What it delivered in
// the last moment before it was killed is not seen, so this is a lower bound.
import { z } from 'zod'

const everyMs = 500
const Status = z.object({
  sources: z.array(z.looseObject({ name: z.string(), delivered: z.number(), dropped: z.number() }))
})

export interface DeliveryCount {
  delivered(): number
  /** Dead letters that no sink took. */
  dropped(): number
  stop(): void
}

export function countDeliveries(statusUrl: string, sources: readonly string[]): DeliveryCount {
  const seen = new Map<string, { delivered: number; dropped: number }>()
  let delivered = 0
  let dropped = 0
  let isFirst = true

  async function look(): Promise<void> {
    const response = await fetch(statusUrl, { signal: AbortSignal.timeout(everyMs) })
    const status = Status.parse(await response.json())
    for (const source of status.sources.filter(({ name }) => sources.includes(name))) {
      const before = seen.get(source.name) ?? { delivered: 0, dropped: 0 }
      const isNew = source.delivered < before.delivered // another process, which began at 0
      if (!isFirst) {
        delivered += isNew ? source.delivered : source.delivered - before.delivered
        dropped += isNew ? source.dropped : Math.max(0, source.dropped - before.dropped)
      }
      seen.set(source.name, { delivered: source.delivered, dropped: source.dropped })
    }
    isFirst = false
  }

  const timer = setInterval(() => void look().catch(() => undefined), everyMs) // it may be down on purpose
  return { delivered: () => delivered, dropped: () => dropped, stop: () => clearInterval(timer) }
}
