// Updates written to a topic of 4 partitions while a group of two members reads it: who met what, and when.
import { until } from '../../../knative-local/testing.ts'
import { deleteGroup } from '../stage/delete-group.ts'
import type { Stage } from '../stage/stage.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'

export const partitions = 4
/** Not a multiple of the partitions: dealt out in turn, as kafkajs does, each would always meet the same one. */
export const students = ['ada', 'alan', 'barbara', 'edsger', 'grace', 'ken', 'margaret']
/** Records in one request: small, so that the topic is written in many. */
const batch = 20
const timeoutMs = 60_000
/** How soon the first member hears that the second one has joined. */
const heartbeatIntervalMs = 200
/** How long an empty fetch waits; a member leaves no sooner. */
const maxWaitTimeInMs = 250

export interface MetUpdate {
  readonly student: string
  readonly sequence: number
  readonly partition: number
  readonly member: number
}

/** In the order in which the members met them; one that comes again counts once. */
export async function writeWhileRead(
  stage: Stage,
  { name, updates, keyOf }: { name: string; updates: number; keyOf(student: string): string | null }
): Promise<MetUpdate[]> {
  const topic = await createTemporaryTopic(stage, `ordering-${name}`, { partitions })
  const met = await startGroup(stage, topic)
  const producer = stage.kafka.producer({ idempotent: true })
  stage.undo(`the producer of ${topic}`, () => producer.disconnect())
  await producer.connect()
  for (let first = 0; first < updates; first += batch) {
    const messages = Array.from({ length: Math.min(batch, updates - first) }, (_, index) => {
      const number = first + index
      const student = students[number % students.length] ?? ''
      const sequence = Math.floor(number / students.length) + 1
      return { key: keyOf(student), value: JSON.stringify({ student, sequence }) }
    })
    await producer.send({ topic, messages, acks: -1 })
  }
  await until(`${updates} updates of ${topic} to be read`, timeoutMs, async () => met.size === updates, stage)
  return [...met.values()]
}

/** By partition and offset, filled from now on. Resolves when both members have partitions. */
async function startGroup({ kafka, admin, undo, signal }: Stage, topic: string): Promise<Map<string, MetUpdate>> {
  const groupId = `${topic}-group`
  const met = new Map<string, MetUpdate>()
  undo(`group ${groupId}`, () => deleteGroup(admin, groupId))
  await Promise.all(
    [1, 2].map(async member => {
      const consumer = kafka.consumer({ groupId, heartbeatInterval: heartbeatIntervalMs, maxWaitTimeInMs })
      undo(`member ${member} of ${groupId}`, () => consumer.disconnect())
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        eachMessage: async ({ partition, message: { offset, value } }) => {
          const place = `${partition}/${offset}`
          const { student, sequence } = JSON.parse(value?.toString() ?? '') as { student: string; sequence: number }
          if (!met.has(place)) met.set(place, { student, sequence, partition, member })
        }
      })
    })
  )
  await until(
    `two members of ${groupId}`,
    timeoutMs,
    async () => {
      const { groups } = await admin.describeGroups([groupId])
      const [group] = groups
      return group?.state === 'Stable' && group.members.length === 2
    },
    { signal }
  )
  return met
}
