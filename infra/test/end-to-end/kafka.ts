// What only Kafka knows: records as they lie in its log, and how far the consumer groups are.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IHeaders, Kafka } from 'kafkajs'
import { inject } from 'vitest'
import { connectKafka } from '../../knative-local/events.ts'
import { until } from '../../knative-local/testing.ts'

const studentTopics = ['student_create', 'student_update']

function kafka(): Kafka {
  return connectKafka(inject('endpoints').kafka.bootstrap.split(','), 'test')
}

/** Writes copies of all records of a student, as a producer that retried too much would; answers how many. */
export async function deliverAgain(studentId: string): Promise<number> {
  const client = kafka()
  const groupId = `test-${studentId}`
  const records: { topic: string; key: Buffer | null; value: Buffer | null; headers: IHeaders }[] = []
  const ends = new Map<string, bigint>()
  const seen = new Map<string, bigint>()

  const admin = client.admin()
  await admin.connect()
  for (const topic of studentTopics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      ends.set(`${topic}/${partition}`, BigInt(high))
  }
  const consumer = client.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topics: studentTopics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message: { key, value, headers = {}, offset } }) => {
      seen.set(`${topic}/${partition}`, BigInt(offset) + 1n)
      if (key?.toString() === studentId) records.push({ topic, key, value, headers })
    }
  })
  await until('the end of the topics', 30_000, async () =>
    [...ends].every(([place, end]) => end === 0n || (seen.get(place) ?? 0n) >= end)
  )
  await consumer.disconnect()
  await admin.deleteGroups([groupId])
  await admin.disconnect()

  const producer = client.producer()
  await producer.connect()
  for (const { topic, ...message } of records) await producer.send({ topic, messages: [message] })
  await producer.disconnect()
  return records.length
}

/** Records that the data plane has not committed yet, over all sources and triggers. */
export async function lag(): Promise<number> {
  const admin = kafka().admin()
  await admin.connect()
  try {
    const { groups } = await admin.listGroups()
    let behind = 0n
    for (const { groupId } of groups.filter(({ protocolType }) => protocolType === 'consumer')) {
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
        const ends = await admin.fetchTopicOffsets(topic)
        for (const { partition, offset } of partitions) {
          const end = BigInt(ends.find(place => place.partition === partition)?.high ?? 0)
          if (BigInt(offset) >= 0n) behind += end - BigInt(offset)
        }
      }
    }
    return Number(behind)
  } finally {
    await admin.disconnect()
  }
}

/** Bytes before a batch's attributes. https://kafka.apache.org/documentation/#recordbatch */
const attributesOffset = 8 + 4 + 4 + 1 + 4
const batchLengthOffset = 8
const lengthPrefix = 8 + 4

/** The compression codecs of all batches of a topic, as the first broker keeps them: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export async function codecsInLog(topic: string): Promise<number[]> {
  const data = join(inject('stateDirectory'), 'kafka', 'broker-1', 'data')
  const partitions = (await readdir(data)).filter(name => name.startsWith(`${topic}-`))
  const codecs: number[] = []
  for (const partition of partitions) {
    const segments = (await readdir(join(data, partition))).filter(name => name.endsWith('.log'))
    for (const segment of segments) {
      const log = await readFile(join(data, partition, segment))
      let position = 0
      while (position + attributesOffset + 2 <= log.length) {
        const length = log.readInt32BE(position + batchLengthOffset)
        if (length <= 0) break // preallocated
        codecs.push(log.readInt16BE(position + attributesOffset) & 0b111)
        position += lengthPrefix + length
      }
    }
  }
  return codecs
}
