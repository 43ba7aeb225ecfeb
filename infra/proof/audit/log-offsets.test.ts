import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKafkaClient } from '../../jobs/kafka-client.ts'
import { startTestKafka, type TestKafka } from '../../knative-local/testing.ts'
import { committedOffsets, existingTopics, logRanges } from './log-offsets.ts'

let kafka: TestKafka
beforeAll(async () => void (kafka = await startTestKafka(3)), 120_000)
afterAll(() => kafka?.stop())

test('a topic that is missing has no partitions, and the others have theirs, at every question', async () => {
  await kafka.admin.createTopics({ topics: [{ topic: 'there', numPartitions: 2 }], waitForLeaders: true })
  const there = [0, 1].map(partition => ({ topic: 'there', partition, start: 0, end: 0 }))
  expect(await logRanges(kafka.admin, ['missing', 'there'])).toEqual(there)
  expect(await committedOffsets(kafka.admin, 'group', ['missing'])).toEqual(new Map())
  await kafka.admin.setOffsets({ groupId: 'group', topic: 'there', partitions: [{ partition: 1, offset: '0' }] })
  expect(await committedOffsets(kafka.admin, 'group', ['missing', 'there'])).toEqual(new Map([['there/1', 0]]))
  expect(await logRanges(kafka.admin, ['there'])).toEqual(there)
})

test('a topic that the user may not describe is an error with its name, and not a topic without records', async () => {
  const refused = Object.assign(new Error('Not authorized'), { type: 'TOPIC_AUTHORIZATION_FAILED' })
  const admin: Pick<Admin, 'listTopics' | 'fetchTopicMetadata'> = {
    listTopics: async () => ['there'],
    fetchTopicMetadata: () => Promise.reject(refused)
  }
  await expect(existingTopics(admin as Admin, ['there', 'forbidden'])).rejects.toThrow(
    'not authorized to describe topic forbidden'
  )
})

test('many topics at once have theirs, from a client that knows none of them yet', async () => {
  const topics = await createTopics('many', 12)
  await withNewClients(10, async admin => expect(await logRanges(admin, topics)).toHaveLength(36))
})

test('each of many questions at once has its whole answer, although three brokers answer in any order', async () => {
  const topics = await createTopics('asked', 12)
  await withNewClients(10, async admin => {
    const found = await Promise.all(
      topics.flatMap((_, index) => [logRanges(admin, topics.slice(index)), logRanges(admin, topics.slice(0, index))])
    )
    expect(found.flat()).toHaveLength(12 * 36)
  })
})

/** Of three partitions each. */
async function createTopics(word: string, count: number): Promise<string[]> {
  const topics = Array.from({ length: count }, (_, index) => `${word}-${index}`)
  await kafka.admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 3 })), waitForLeaders: true })
  return topics
}

/** One after the other, each of which knows no topic yet. */
async function withNewClients(count: number, ask: (admin: Admin) => Promise<void>): Promise<void> {
  for (let client = 0; client < count; client++) {
    const admin = createKafkaClient('test', { bootstrap: kafka.bootstrap.join(',') }).admin()
    await admin.connect()
    try {
      await ask(admin)
    } finally {
      await admin.disconnect()
    }
  }
}
