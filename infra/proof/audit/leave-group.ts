// The end of a reader that had a group of its own only because Kafka's client wants one.
import type { Consumer, Kafka } from 'kafkajs'

/** The group is deleted where that is allowed; otherwise Kafka forgets it, as it has no offsets. */
export async function leaveGroup(kafka: Kafka, consumer: Consumer, groupId: string): Promise<void> {
  await consumer.disconnect().catch(() => undefined)
  const admin = kafka.admin()
  await admin
    .connect()
    .then(() => admin.deleteGroups([groupId]))
    .catch(() => undefined)
  await admin.disconnect().catch(() => undefined)
}
