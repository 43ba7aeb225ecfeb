import type { TestKafka } from '../../../knative-local/testing.ts'
import type { School } from './school.ts'

/** Where each partition of the students' topics ends. */
export async function partitionEnds(kafka: TestKafka, school: School) {
  const found = []
  for (const topic of [school.createTopic, school.updateTopic])
    for (const one of await kafka.admin.fetchTopicOffsets(topic)) found.push({ topic, ...one })
  return found
}

/** What retention does, at once. */
export async function removeBefore(kafka: TestKafka, topic: string, partition: number, offset: string): Promise<void> {
  await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] })
}
