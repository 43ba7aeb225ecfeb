// Fetches that stay at Kafka for longer than kafkajs waits for them. kafkajs' loop sends a heartbeat, looks at its assignment and
// sees that it is to stop only between two fetches, and so wants each of them back soon; Kafka and this process each take a good part
// of a millisecond for one that brings nothing. Here kafkajs is answered in its own time that nothing has come, and when it asks for
// the same again, it is given what is still under way.
//
// Kafka answers the requests of a connection one after the other, so that one for something else would wait behind it: the connection,
// which kafkajs has for fetches alone, is closed then, and opened again by kafkajs. (kafkajs/src/network/connectionPool.js)
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'

/** How long Kafka waits for records. */
export const LONG_FETCH_MS = 5000

interface FetchRequest {
  readonly maxWaitTime: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
  }[]
}

interface Connection {
  readonly socket: { destroy(): void }
  /** Of an answer that has begun to come. */
  readonly bytesBuffered: number
  rejectRequests(error: Error): void
  disconnect(): Promise<unknown>
}

/** What kafkajs' types leave out. */
interface FetchingBroker {
  fetch(request: FetchRequest): Promise<unknown>
  readonly connectionPool: { readonly pool: readonly Connection[] }
}

/** Of a broker's connections. */
const OF_FETCHES = 1

interface UnderWay {
  readonly key: string
  readonly answer: Promise<unknown>
  isOver: boolean
}

const nothing = { responses: [] }

export class LongFetches {
  private readonly isSteady: () => boolean
  private readonly waitMs: () => number
  private readonly underWay = new Map<FetchingBroker, UnderWay>()
  private readonly known = new WeakSet<FetchingBroker>()
  private readonly waiting = new Set<() => void>()

  /**
   * `isSteady`: what is fetched next is what is fetched now, as long as nothing comes. Otherwise fetches are kafkajs' own.
   * `waitMs`: how long a fetch waits before it is sent.
   */
  constructor(isSteady: () => boolean, waitMs: () => number) {
    this.isSteady = isSteady
    this.waitMs = waitMs
  }

  /** Of a consumer that has not fetched yet. */
  serve(cluster: Cluster): void {
    const findBroker = cluster.findBroker.bind(cluster)
    cluster.findBroker = async which => {
      const broker = await findBroker(which)
      this.wrap(broker as unknown as FetchingBroker)
      return broker
    }
    const disconnect = cluster.disconnect.bind(cluster)
    cluster.disconnect = async () => {
      await this.giveUp()
      await disconnect()
    }
  }

  /** Answers whoever waits for a fetch that nothing has come. */
  wake(): void {
    for (const end of this.waiting) end()
  }

  private async giveUp(): Promise<void> {
    this.wake()
    await Promise.all(Array.from(this.underWay.keys(), broker => this.abandon(broker)))
  }

  private wrap(broker: FetchingBroker): void {
    if (this.known.has(broker)) return
    this.known.add(broker)
    const send = broker.fetch.bind(broker)
    broker.fetch = async request => {
      const waitMs = this.waitMs()
      if (waitMs > 0) await sleep(waitMs)
      const key = JSON.stringify(request.topics)
      let present = this.underWay.get(broker)
      if (present !== undefined && present.key !== key) {
        await this.abandon(broker)
        present = undefined
      }
      if (present === undefined) {
        if (!this.isSteady()) return send(request)
        present = this.start(broker, key, send({ ...request, maxWaitTime: LONG_FETCH_MS }))
      }
      return this.answerWithin(request.maxWaitTime, broker, present)
    }
  }

  private start(broker: FetchingBroker, key: string, answer: Promise<unknown>): UnderWay {
    const started: UnderWay = { key, answer, isOver: false }
    const over = (): void => void (started.isOver = true)
    answer.then(over, over)
    this.underWay.set(broker, started)
    return started
  }

  private async answerWithin(ms: number, broker: FetchingBroker, { answer }: UnderWay): Promise<unknown> {
    const { promise: late, resolve } = Promise.withResolvers<typeof nothing>()
    const end = (): void => resolve(nothing)
    const timer = setTimeout(end, ms)
    this.waiting.add(end)
    try {
      const first = await Promise.race([answer, late])
      if (first !== nothing) this.underWay.delete(broker)
      return first
    } catch (error) {
      this.underWay.delete(broker)
      throw error
    } finally {
      clearTimeout(timer)
      this.waiting.delete(end)
    }
  }

  private async abandon(broker: FetchingBroker): Promise<void> {
    const present = this.underWay.get(broker)
    this.underWay.delete(broker)
    const connection = broker.connectionPool.pool[OF_FETCHES]
    if (present === undefined || present.isOver || connection === undefined) return
    if (connection.bytesBuffered > 0) return void (await present.answer.catch(() => undefined)) // the rest is on its way
    const { socket } = connection
    connection.rejectRequests(new Error('the fetch was given up'))
    socket.destroy()
    await connection.disconnect()
  }
}
