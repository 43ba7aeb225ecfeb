// Counts deliveries to the functions that follow students, across restarts of the data plane: what they took, and what
// they refused permanently. What was delivered in the last moment before a kill is not seen, so this is a lower bound.
import { z } from 'zod'

const everyMs = 500
/** A look that comes late is better than none. */
const timeoutMs = 2_000
const Status = z.object({
  sources: z.array(
    z.looseObject({ name: z.string(), delivered: z.number(), deadLettered: z.number(), dropped: z.number() })
  )
})

export interface DeliveryCount {
  delivered(): number
  /** Dead letters that no sink took. */
  dropped(): number
  /** Looks once more, so that nothing of the end is missing. */
  stop(): Promise<void>
}

export async function countDeliveries(statusUrl: string, sources: readonly string[]): Promise<DeliveryCount> {
  const seen = new Map<string, { delivered: number; dropped: number }>()
  let delivered = 0
  let dropped = 0

  let looking = false

  /** What happened before the first look is not ours. */
  async function look(isFirst: boolean): Promise<void> {
    const response = await fetch(statusUrl, { signal: AbortSignal.timeout(timeoutMs) })
    const status = Status.parse(await response.json())
    for (const source of status.sources.filter(({ name }) => sources.includes(name))) {
      const now = { delivered: source.delivered + source.deadLettered, dropped: source.dropped }
      const before = seen.get(source.name) ?? { delivered: 0, dropped: 0 }
      const restarted = now.delivered < before.delivered || now.dropped < before.dropped
      if (!isFirst) {
        delivered += restarted ? now.delivered : now.delivered - before.delivered
        dropped += restarted ? now.dropped : now.dropped - before.dropped
      }
      seen.set(source.name, now)
    }
  }

  await look(true)
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look(false)
      .catch(() => undefined) // it may be down on purpose
      .finally(() => (looking = false))
  }, everyMs)
  return {
    delivered: () => delivered,
    dropped: () => dropped,
    async stop() {
      clearInterval(timer)
      await look(false).catch(() => undefined)
    }
  }
}
