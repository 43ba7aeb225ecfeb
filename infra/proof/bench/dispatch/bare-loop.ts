// What kafkajs and undici do alone, for comparison: no retries, no dead letters, no timeouts, no filters, kafkajs' own commits.
//   node bare-loop.ts BOOTSTRAP TOPIC PARTITIONS ordered|unordered URL
import kafkajs from 'kafkajs'
import { Pool } from 'undici'

const [bootstrap = '', topic = '', partitions = '1', ordering = 'ordered', url = ''] = process.argv.slice(2)
const { origin, pathname } = new URL(url)
const pool = new Pool(origin, { connections: 100, pipelining: 1 })
const consumer = new kafkajs.Kafka({ brokers: bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING }).consumer({
  groupId: `bare-${topic}-${ordering}`,
  maxWaitTimeInMs: 250,
  maxBytesPerPartition: 256 * 1024
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  partitionsConsumedConcurrently: Number(partitions),
  eachBatch: async ({ batch }) => {
    const send = async ({ offset, value, headers = {} }: (typeof batch.messages)[number]): Promise<void> => {
      const sent = ['ce-knativekafkapartition', String(batch.partition), 'ce-knativekafkaoffset', offset]
      for (const name in headers) sent.push(name.replace('_', '-'), String(headers[name]))
      const { body } = await pool.request({ path: pathname, method: 'POST', headers: sent, body: value })
      await body.dump()
    }
    if (ordering === 'ordered') for (const message of batch.messages) await send(message)
    else await inParallel(batch.messages, send)
  }
})

/** 50 at once, as the data plane. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: 50 }, worker))
}
