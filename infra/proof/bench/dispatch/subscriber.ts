// The subscriber of the benchmark, a process of its own: answers 204 at once, checks the order per partition and measures.
import { createServer } from 'node:http'

export interface Measured {
  readonly events: number
  readonly seconds: number
  /** Records that came after a later one of their partition. */
  readonly outOfOrder: number
  readonly duplicates: number
  /** From the moment the record was sent to Kafka to its arrival here. */
  readonly latenciesMs: readonly number[]
}

/** Latencies kept; more would only slow the measured process down. */
const MAX_LATENCIES = 50_000

let events = 0
let firstAtMs = 0
let lastAtMs = 0
let outOfOrder = 0
let duplicates = 0
let latenciesMs: number[] = []
let seen = new Set<string>()
let highest = new Map<string, number>()

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const nowMs = performance.timeOrigin + performance.now()
    count(request.headers, nowMs)
    response.writeHead(204).end()
  })
})

function count(headers: NodeJS.Dict<string | string[]>, nowMs: number): void {
  if (events === 0) firstAtMs = nowMs
  lastAtMs = nowMs
  events++
  const partition = String(headers['ce-knativekafkapartition'])
  const offset = Number(headers['ce-knativekafkaoffset'])
  const key = `${partition}/${offset}`
  if (seen.has(key)) duplicates++
  seen.add(key)
  const before = highest.get(partition) ?? -1
  if (offset < before) outOfOrder++
  else highest.set(partition, offset)
  const sentAtMs = Number(headers['ce-sentatms'])
  if (sentAtMs > 0 && latenciesMs.length < MAX_LATENCIES) latenciesMs.push(nowMs - sentAtMs)
}

process.on('message', (message: 'measured' | 'reset' | 'count') => {
  if (message === 'reset') {
    events = outOfOrder = duplicates = 0
    latenciesMs = []
    seen = new Set()
    highest = new Map()
    process.send?.('reset')
  } else if (message === 'count') {
    process.send?.(events)
  } else {
    const measured: Measured = { events, seconds: (lastAtMs - firstAtMs) / 1000, outOfOrder, duplicates, latenciesMs }
    process.send?.(measured)
  }
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.send?.(address.port)
})
process.on('disconnect', () => process.exit(0))
