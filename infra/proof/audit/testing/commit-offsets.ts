import type kafkajs from 'kafkajs'

/** As a member for a moment: kafkajs' admin.setOffsets takes seconds for the same. */
export async function commitOffsets(
  kafka: kafkajs.Kafka,
  groupId: string,
  offsets: readonly kafkajs.TopicPartitionOffset[]
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 20 })
  const joined = Promise.withResolvers<void>()
  // Between joining and fetching, kafkajs drops a commit without a word (kafkajs/src/consumer/runner.js, commitOffsets).
  consumer.on(consumer.events.FETCH_START, () => joined.resolve())
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) joined.reject(payload.error)
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...new Set(offsets.map(({ topic }) => topic))], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined })
    await joined.promise
    await consumer.commitOffsets([...offsets])
  } finally {
    await consumer.disconnect()
  }
}
