// What somebody would write without any of our guarantees, to measure beside: takes a POST, produces it with acks=all and
// snappy, and a consumer stores one row a record. At least once, and nothing else: no outbox, no order, no dead letters.
//   node plain-peer.ts BOOTSTRAP TOPIC with DATABASE_URL in the environment; says its port to its parent
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { z } from 'zod'
import { kafkajs } from '../../../knative-local/events.ts'

const [bootstrap = '', topic = ''] = process.argv.slice(2)
const Student = z.strictObject({ userId: z.string(), name: z.string(), email: z.email() })

const kafka = new kafkajs.Kafka({ brokers: bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING })
const producer = kafka.producer()
const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 250 })
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, application_name: 'plain-peer' })

await producer.connect()
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
await consumer.run({
  partitionsConsumedConcurrently: 4,
  eachMessage: async ({ message: { key, value } }) => {
    const { userId, name, email } = Student.parse(JSON.parse(String(value)))
    await pool.query({
      name: 'store',
      text: 'insert into plain_peer.students (id, user_id, name, email) values ($1, $2, $3, $4) on conflict do nothing',
      values: [String(key), userId, name, email]
    })
  }
})
await joined

const server = createServer(async (request, response) => {
  try {
    const student = Student.parse(JSON.parse(await text(request)))
    const id = randomUUID()
    await producer.send({
      topic,
      acks: -1,
      compression: kafkajs.CompressionTypes.Snappy,
      messages: [{ key: id, value: JSON.stringify(student) }]
    })
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id, ...student }))
  } catch (error) {
    response.writeHead(error instanceof z.ZodError || error instanceof SyntaxError ? 400 : 503).end()
  }
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', async () => {
  await consumer.disconnect() // leaves its group, which can then be deleted
  process.exit()
})
