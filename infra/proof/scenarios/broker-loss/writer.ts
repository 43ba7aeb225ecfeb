// Writes numbered records to every partition of a topic all the while, and keeps which ones Kafka has acknowledged, and when.
import type { Stage } from '../stage/stage.ts'

export interface Acknowledged {
  readonly partition: number
  readonly number: number
  readonly atMs: number
}

export interface Writer {
  readonly topic: string
  readonly acknowledged: readonly Acknowledged[]
  /** Given up; `skipped` were never sent, as too many were under way. */
  readonly counts: { failed: number; skipped: number }
  /** Waits until each record under way is acknowledged or given up. */
  stop(): Promise<void>
}

export interface WriterOptions {
  readonly topic: string
  readonly partitions: number
  /** -1: all that are in sync; 1: the leader alone. */
  readonly acks: -1 | 1
  readonly perSecond: number
}

/** Of one partition; while it has no leader the rest is skipped. */
const maxInFlight = 16
/** Some 30 s: longer than Kafka takes to notice a broker's death. */
const retry = { retries: 30, initialRetryTime: 100, maxRetryTime: 1_000 }

/** Stopped with the scenario, if not before. Each record is a request of its own, and is repeated until it is acknowledged. */
export async function startWriter(
  { kafka, undo }: Stage,
  { topic, partitions, acks, perSecond }: WriterOptions
): Promise<Writer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry })
  await producer.connect()
  const acknowledged: Acknowledged[] = []
  const counts = { failed: 0, skipped: 0 }
  const inFlight = Array.from({ length: partitions }, () => 0)
  const underWay = new Set<Promise<void>>()
  let number = 0

  async function write(partition: number): Promise<void> {
    const own = number++
    inFlight[partition] = (inFlight[partition] ?? 0) + 1
    try {
      await producer.send({ topic, acks, messages: [{ partition, value: String(own) }] })
      acknowledged.push({ partition, number: own, atMs: performance.now() })
    } catch {
      counts.failed++
    } finally {
      inFlight[partition] = (inFlight[partition] ?? 0) - 1
    }
  }

  let tick = 0
  const timer = setInterval(() => {
    const partition = tick++ % partitions
    if ((inFlight[partition] ?? 0) >= maxInFlight) {
      counts.skipped++
      return
    }
    const one = write(partition).finally(() => underWay.delete(one))
    underWay.add(one)
  }, 1_000 / perSecond)

  const stop = async (): Promise<void> => {
    clearInterval(timer)
    await Promise.all(underWay)
    await producer.disconnect()
  }
  undo(`the writer of ${topic}`, stop)
  return { topic, acknowledged, counts, stop }
}
