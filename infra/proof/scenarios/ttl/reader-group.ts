// A consumer group of one member on a topic of one partition, which keeps the offsets that it has met.
import type { Consumer } from 'kafkajs'
import { until } from '../../../knative-local/testing.ts'
import { deleteGroup } from '../stage/delete-group.ts'
import type { Stage } from '../stage/stage.ts'

export interface ReaderGroup {
  readonly groupId: string
  /** In the order in which they came. */
  readonly offsets: readonly number[]
  /** Reads until the scenario ends. Without a commit that Kafka still has it begins where `auto.offset.reset` says. */
  start(autoOffsetReset: 'earliest' | 'latest'): Promise<void>
}

/** How long an empty fetch waits; the member leaves no sooner. */
const maxWaitTimeInMs = 250
const joinTimeoutMs = 30_000

/** `committed` is where an earlier run of this group went away. */
export async function openReaderGroup(
  { kafka, admin, undo, signal }: Stage,
  topic: string,
  name: string,
  committed?: number
): Promise<ReaderGroup> {
  const groupId = `${topic}-${name}`
  const offsets: number[] = []
  let consumer: Consumer | undefined
  undo(`group ${groupId}`, async () => {
    await consumer?.disconnect()
    await deleteGroup(admin, groupId)
  })
  if (committed !== undefined) {
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(committed) }] })
  }
  return {
    groupId,
    offsets,
    async start(autoOffsetReset) {
      consumer = kafka.consumer({ groupId, maxWaitTimeInMs })
      let joined = false
      consumer.on(consumer.events.GROUP_JOIN, () => (joined = true))
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: autoOffsetReset === 'earliest' })
      await consumer.run({ eachMessage: async ({ message }) => void offsets.push(Number(message.offset)) })
      await until(`${groupId} to have its partition`, joinTimeoutMs, async () => joined, { signal })
    }
  }
}
