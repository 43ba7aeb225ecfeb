// The data plane with the KafkaSource of onAnyStudent, on the topics and in the group of a school.
import { onTestFinished } from 'vitest'
import onAnyStudent from '../../../../functions/onAnyStudent/index.ts'
import { startDataPlane, type TestKafka, until } from '../../../knative-local/testing.ts'
import { startFunction } from '../../../test/function-process.ts'
import type { School } from './school.ts'
import { buildFunction, type Sabotage } from './sabotage.ts'
import { waitMs } from './wait.ts'

/** `entry` is the data plane to run, where it is not the one of the project. */
export async function startDelivering(kafka: TestKafka, school: School, url: string, entry?: string) {
  const source = sourceOf(school)
  const yaml = JSON.stringify({
    apiVersion: 'sources.knative.dev/v1',
    kind: 'KafkaSource',
    metadata: { name: source.name, namespace: source.namespace },
    spec: {
      bootstrapServers: ['127.0.0.1:9092'],
      topics: source.topics,
      consumerGroup: source.consumerGroup,
      initialOffset: 'earliest',
      ordering: 'ordered',
      delivery: { retry: 10, backoffPolicy: 'linear', backoffDelay: 'PT0.1S', timeout: 'PT60S' },
      ceOverrides: { extensions: source.extensions },
      sink: { uri: url }
    }
  })
  const dataPlane = await startDataPlane(yaml, kafka.bootstrap, entry)
  onTestFinished(dataPlane.cleanUp)
  return dataPlane
}

/** The group has committed all that is in its topics. */
export async function allCommitted(kafka: TestKafka, school: School): Promise<void> {
  const { consumerGroup, topics } = sourceOf(school)
  await until('everything to be committed', waitMs, async () => {
    for (const topic of topics) {
      const committed = await kafka.committed(consumerGroup, topic)
      const ends = await kafka.admin.fetchTopicOffsets(topic)
      if (ends.some(({ partition, high }) => Number(high) > (committed.get(partition) ?? 0))) return false
    }
    return true
  })
}

/** Of onAnyStudent, with the sabotage if one is given. */
export async function functionUrl(school: School, sabotage?: Sabotage): Promise<string> {
  const bundle = sabotage && buildFunction('onAnyStudent', sabotage)
  return (await startFunction('onAnyStudent', { DATABASE_URL: school.databaseUrl }, bundle)).url
}

function sourceOf({ plan }: School) {
  const source = plan.kafkaSources.find(({ extensions }) => extensions.function === onAnyStudent.name)
  if (source === undefined) throw new Error('no source is for onAnyStudent')
  return source
}
