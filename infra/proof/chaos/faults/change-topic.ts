// A topic of the running Kafka, changed past its YAML.
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import type { Plan } from '../../../knative-local/plans.ts'

/** Of a topic: enough to see keys move, and no more. */
const maxPartitions = 12

export async function addPartition(kafka: Kafka, topic: string): Promise<string> {
  return withAdmin(kafka, async admin => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics[0]?.partitions.length ?? 0
    if (partitions >= maxPartitions) return `${topic} has ${partitions} partitions already, which is enough`
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions + 1 }] })
    return `${topic} grew from ${partitions} to ${partitions + 1} partitions`
  })
}

/** The other settings are those of the YAML: Kafka replaces them all. */
export async function setMinInSync(kafka: Kafka, plan: Plan, topic: string, replicas: number): Promise<void> {
  const declared = plan.kafkaTopics.find(one => one.topic === topic)?.config ?? {}
  const config = { ...declared, 'min.insync.replicas': String(replicas) }
  await withAdmin(kafka, admin =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value }))
        }
      ]
    })
  )
}

async function withAdmin<Result>(kafka: Kafka, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin()
  await admin.connect()
  return use(admin).finally(() => admin.disconnect())
}
