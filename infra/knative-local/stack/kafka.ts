// Kafka's brokers and the topics of the YAML, for whatever of Strimzi or Knative uses Kafka.
import { counted } from '../counted.ts'
import { join } from 'node:path'
import { stateKey } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import { formattedBrokers, maxBrokers, wantedBrokers, withBrokers } from '../parts/kafka/broker-count.ts'
import { nameInCluster } from '../parts/cluster-addresses.ts'
import { brokerConfig } from '../parts/cluster-config.ts'
import { createBroker } from '../parts/kafka/kafka.ts'
import { createTopicMaker, type TopicMaker } from '../parts/kafka/topic-maker.ts'
import { undeclaredTopics, wantedTopics } from '../parts/kafka/topics.ts'
import { later, notReady, type Part, type Places, type RunningPart } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'
import { topicState } from './topic-state.ts'

export interface RunningKafka extends RunningPart {
  readonly bootstrap: readonly string[]
  readonly brokers: number
  readonly topics: TopicMaker
  readonly topicsMade: Promise<void>
}

const firstPort = 10
const firstControllerPort = 13
const idsOf = (brokers: number) => Array.from({ length: brokers }, (_, index) => index + 1)

export const kafkaPart: Part<RunningKafka> = {
  name: 'kafka',
  needs: [],
  isWanted: usesKafka,
  ports: () =>
    Object.fromEntries(
      idsOf(maxBrokers).flatMap(id => [
        [firstPort + id - 1, `broker-${id}`],
        [firstControllerPort + id - 1, `the controller of broker-${id}`]
      ])
    ),
  files: ['kafka'],
  addresses: (plan, places) => ({
    bootstrap: new Map(namesOfKafka(plan).map(name => [name, bootstrapOf(wantedBrokers(plan), places)]))
  }),
  async begin(context) {
    const { progress, processes, report, pidChanged } = context
    const { java, jars } = await context.java()
    const directory = join(context.stateDirectory, 'kafka')
    const plan = context.plan()
    const [wanted, formatted] = [wantedBrokers(plan), await formattedBrokers(directory)]
    const count = formatted === 0 ? wanted : formatted
    if (wanted > count) {
      report(
        `The YAML asks for ${counted(wanted, 'broker')}, and the data here is that of ${count}: --clean starts afresh, with ${wanted}.`
      )
    }
    const ports = idsOf(count).map(id => ({
      id,
      port: context.port(firstPort + id - 1),
      controllerPort: context.port(firstControllerPort + id - 1)
    }))
    const brokers = await Promise.all(
      ports.map(broker =>
        createBroker(java, jars, processes, broker, {
          directory,
          brokers: ports,
          config: withBrokers(brokerConfig(plan.objects), count),
          report,
          pidChanged
        })
      )
    )
    const bootstrap = bootstrapOf(count, context)
    const topics = createTopicMaker({
      bootstrap,
      plan,
      wantedOf: now => [...wantedTopics(now), ...(context.project().complete ? [] : undeclaredTopics(now))],
      report
    })
    await Promise.all(brokers.map(broker => broker.start()))
    const answer = brokers.map(broker => progress.step(`broker-${broker.id} answers`, broker.answers))
    const topicsMade = later(Promise.all(answer).then(() => progress.step('topics are there', topics.start)))

    return {
      bootstrap,
      brokers: count,
      topics,
      topicsMade,
      ready: topicsMade,
      processes: () =>
        brokers.map(broker => serverProcess(`broker-${broker.id}`, `127.0.0.1:${broker.port}`, broker, broker.accepts)),
      endpoints: () => ({
        kafka: {
          bootstrap: bootstrap.join(','),
          brokers: brokers.map(({ id, port, process }) => ({ id, port, pid: pidOf(process()) ?? null }))
        }
      }),
      async states(now) {
        const up = brokers.filter(({ process }) => process()?.isRunning()).length
        const state = up === count ? { ready: 'True' as const } : notReady(`${up} of ${counted(count, 'broker')} up`)
        return [
          ...now.objects
            .filter(({ kind }) => kind === 'Kafka' || kind === 'KafkaNodePool')
            .map(({ kind, metadata }) => [stateKey(kind, metadata.namespace, metadata.name), state] as const),
          ...topicStates(now, topics)
        ]
      },
      findings: topics.status,
      apply: topics.apply,
      async stop() {
        await topics.stop()
        await Promise.all(brokers.map(broker => broker.stop()))
      }
    }
  }
}

function usesKafka({
  objects,
  kafkaSources,
  kafkaSinks,
  brokers,
  triggers,
  kafkaTopics,
  kafkaConnectors
}: Plan): boolean {
  return (
    [kafkaSources, kafkaSinks, brokers, triggers, kafkaTopics, kafkaConnectors].some(kind => kind.length > 0) ||
    objects.some(({ apiVersion }) => apiVersion.startsWith('kafka.strimzi.io/'))
  )
}

/** Strimzi's Service in front of the brokers of a Kafka object, and every host that sources, sinks and Brokers name. */
function namesOfKafka({ objects, kafkaSources, kafkaSinks, brokers }: Plan): string[] {
  const ofStrimzi = objects
    .filter(({ kind }) => kind === 'Kafka')
    .map(({ metadata }) => `${metadata.name}-kafka-bootstrap.${metadata.namespace}`)
  const written = [...kafkaSources, ...kafkaSinks, ...brokers].flatMap(({ namespace, bootstrapServers }) =>
    bootstrapServers.map(server => nameInCluster(server.replace(/:\d+$/, ''), namespace))
  )
  return [...ofStrimzi, ...written]
}

function bootstrapOf(brokers: number, { port }: Places): string[] {
  return idsOf(brokers).map(id => `127.0.0.1:${port(firstPort + id - 1)}`)
}

function* topicStates(plan: Plan, topics: TopicMaker) {
  for (const wanted of wantedTopics({ ...plan, brokers: [], kafkaSinks: [] })) {
    const object = plan.kafkaTopics.find(one => one.topic === wanted.topic)
    if (object) yield [stateKey('KafkaTopic', object.namespace, object.name), topicState(wanted, topics)] as const
  }
}
