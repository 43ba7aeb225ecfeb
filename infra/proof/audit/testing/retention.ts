import type { TestKafka } from '../../../knative-local/testing.ts'
import type { School } from './school.ts'

/** Where each partition of the students' topics ends. */
export async function partitionEnds(kafka: TestKafka, school: School) {
  const topics = [school.createTopic, school.updateTopic]
  const found = await Promise.all(
    topics.map(async topic => (await kafka.admin.fetchTopicOffsets(topic)).map(one => ({ topic, ...one })))
  )
  return found.flat()
}

/** What retention does, at once. */
export async function removeBefore(kafka: TestKafka, topic: string, partition: number, offset: string): Promise<void> {
  await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] })
}
