// The data plane with the Broker and its Trigger for createStudent.
import { onTestFinished } from 'vitest'
import { startDataPlane, type TestKafka, until } from '../../../knative-local/testing.ts'
import { createType, type TestBroker } from './broker.ts'
import { waitMs } from './wait.ts'

/** The Broker of the YAML and its Trigger for createStudent, on a topic and in a group of the test's own. */
export async function startTrigger(kafka: TestKafka, broker: TestBroker, url: string, entry?: string) {
  const documents = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a-broker', namespace: 'students' },
      data: {
        'bootstrap.servers': '127.0.0.1:9092',
        'default.topic.partitions': '2',
        'default.topic.replication.factor': '1'
      }
    },
    {
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Broker',
      metadata: {
        name: 'default',
        namespace: 'students',
        annotations: {
          'eventing.knative.dev/broker.class': 'Kafka',
          'kafka.eventing.knative.dev/external.topic': broker.topic
        }
      },
      spec: { config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a-broker', namespace: 'students' } }
    },
    {
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Trigger',
      metadata: { name: `create-student-${broker.mark}`, namespace: 'students' },
      spec: {
        broker: 'default',
        filters: [{ exact: { type: createType } }],
        delivery: { retry: 10, backoffPolicy: 'linear', backoffDelay: 'PT0.1S', timeout: 'PT60S' },
        subscriber: { uri: url }
      }
    }
  ]
  const dataPlane = await startDataPlane(
    documents.map(document => JSON.stringify(document)).join('\n---\n'),
    kafka.bootstrap,
    entry
  )
  onTestFinished(dataPlane.cleanUp)
  return dataPlane
}

/** The group of the Trigger has committed all that is in the Broker's topic. */
export async function triggerCommitted(kafka: TestKafka, broker: TestBroker): Promise<void> {
  await until('the command to be committed', waitMs, async () => {
    const committed = await kafka.committed(broker.groupOf('create-student'), broker.topic)
    const ends = await kafka.admin.fetchTopicOffsets(broker.topic)
    return ends.every(({ partition, high }) => Number(high) <= (committed.get(partition) ?? 0))
  })
}
