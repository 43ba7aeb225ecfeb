// Held events whose turn came while nobody was delivering, each sent to its function once at a time.
import type { Database } from '../runtime/host/database.ts'
import type { Log } from '../runtime/host/log.ts'
import { findDrivable, type HeldEvent } from './held-events.ts'
import type { Send } from './send-event.ts'
import { inSendSpan } from './send-span.ts'

/** Answers the deliveries that it has begun. */
export function createHeldRelease(db: Database, log: Log, send: Send): () => Promise<readonly Promise<void>[]> {
  /** Function and student of what is being sent. */
  const underWay = new Set<string>()

  async function release(event: HeldEvent): Promise<void> {
    const result = await inSendSpan({ what: 'release', ...event }, () => send(event))
    if (result.outcome === 'try-again') log.warn({ function: event.function, ...result }, 'a held event waits on')
  }

  return async () => {
    const begun: Promise<void>[] = []
    for (const event of await findDrivable(db)) {
      const key = `${event.function} ${event.entity}`
      if (underWay.has(key)) continue
      underWay.add(key)
      begun.push(release(event).finally(() => underWay.delete(key)))
    }
    return begun
  }
}
