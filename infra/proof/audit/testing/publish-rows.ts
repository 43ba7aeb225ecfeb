// What Debezium does with the outbox: infra/debezium/outbox-connector.yaml.
import kafkajs, { type Producer } from 'kafkajs'
import { headersOf, type OutboxRow } from './outbox-record.ts'

/** An event and where its record is. */
export interface Published {
  readonly row: OutboxRow
  readonly partition: number
  readonly offset: number
}

/** In their order; `change` spoils what is sent. */
export async function publishRows(
  producer: Producer,
  rows: readonly OutboxRow[],
  change: (row: OutboxRow) => OutboxRow = row => row
): Promise<Published[]> {
  const published: Published[] = []
  for (const original of rows) {
    const row = change(original)
    const [sent] = await producer.send({
      topic: row.topic,
      compression: kafkajs.CompressionTypes.Snappy,
      messages: [{ key: row.key, value: row.payload, headers: headersOf(row) }]
    })
    published.push({ row: original, partition: sent?.partition ?? -1, offset: Number(sent?.baseOffset) })
  }
  return published
}
