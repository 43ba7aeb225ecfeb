// A process that stores each thing it does in PostgreSQL and announces in Kafka, in one of three ways, until it is killed.
//
//   commit-produce   commits the row, then sends the record
//   produce-commit   sends the record, then commits the row
//   outbox           commits the row and an outbox row in one transaction, and sends nothing
//
// It does several things at once, as a server does, and prints `done` after each.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { z } from 'zod'
import { kafkaClient } from '../../audit/kafka-client.ts'
import { insertOutboxRows } from './relayed-topic.ts'

const { DATABASE_URL, KAFKA_BOOTSTRAP, WRITER, SCHEMA, TOPIC } = z
  .object({
    DATABASE_URL: z.string(),
    KAFKA_BOOTSTRAP: z.string(),
    WRITER: z.enum(['commit-produce', 'produce-commit', 'outbox']),
    SCHEMA: z.string(),
    TOPIC: z.string()
  })
  .parse(process.env)

/** Under way at once; fewer connections than that, so that some always wait for one, as under any load. */
const concurrency = 16
const connections = 4
/** It is killed long before. */
const maxThings = 20_000

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: connections, application_name: SCHEMA })
const kafka = await kafkaClient({ bootstrap: KAFKA_BOOTSTRAP })
const producer = kafka.producer({ maxInFlightRequests: 1 }) // a record waits for its turn, as with any producer that batches
await producer.connect()

const commit = (id: string) => pool.query(`insert into ${SCHEMA}.things (id, writer) values ($1, $2)`, [id, WRITER])
const produce = (id: string) => producer.send({ topic: TOPIC, acks: -1, messages: [{ key: id, value: WRITER }] })

const ways = {
  async 'commit-produce'(id: string) {
    await commit(id)
    await produce(id)
  },
  async 'produce-commit'(id: string) {
    await produce(id)
    await commit(id)
  },
  async outbox() {
    const client = await pool.connect()
    await client.query('begin')
    const [id] = await insertOutboxRows(client, TOPIC, { first: 1, count: 1 })
    await client.query(`insert into ${SCHEMA}.things (id, writer) values ($1, $2)`, [id, WRITER])
    await client.query('commit')
    client.release()
  }
}

let things = 0
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    while (things++ < maxThings) {
      await ways[WRITER](randomUUID())
      process.stdout.write('done\n')
    }
  })
)
