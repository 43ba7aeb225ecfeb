// The ConfigMap of a Broker of class Kafka.
// https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/kafka/topic.go
import type { KafkaAuth } from '../plan.ts'
import { splitServers } from './kafka-names.ts'

const topicConfigPrefix = 'default.topic.config.'

export interface BrokerConfig {
  readonly partitions: number
  readonly replicationFactor: number
  readonly bootstrapServers: readonly string[]
  readonly topicConfig: Readonly<Record<string, string>>
  readonly auth?: KafkaAuth
}

/** The ConfigMap that Knative installs, in namespace knative-eventing. */
export const installedConfigName = 'kafka-broker-config'
export const installedConfig: BrokerConfig = {
  partitions: 10,
  replicationFactor: 3,
  bootstrapServers: ['my-cluster-kafka-bootstrap.kafka:9092'],
  topicConfig: {}
}

export function readBrokerConfig(
  data: Readonly<Record<string, unknown>>,
  configNamespace: string,
  report: (key: string, message: string) => void
): BrokerConfig {
  const consequence = 'kubectl apply takes it, and then the Broker is not READY: invalid configuration'
  const positive = (key: string): number => {
    const text = data[key]
    const value = typeof text === 'string' && /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value > 0 && value < 2 ** 31))
      report(key, `${text === undefined ? 'missing' : `"${String(text)}" is not a number above 0`}. ${consequence}`)
    return value
  }
  const servers = data['bootstrap.servers']
  const bootstrapServers = typeof servers === 'string' ? splitServers([servers]).filter(server => server !== '') : []
  if (bootstrapServers.length === 0) report('bootstrap.servers', `missing. ${consequence}`)
  const { 'auth.secret.ref.name': secret, 'auth.secret.ref.namespace': namespace } = data
  if (secret === '') report('auth.secret.ref.name', `empty. ${consequence}`)
  return {
    ...(typeof secret === 'string' && {
      auth: { secret: { namespace: String(namespace || configNamespace), name: secret } }
    }),
    partitions: positive('default.topic.partitions'),
    replicationFactor: positive('default.topic.replication.factor'),
    bootstrapServers,
    topicConfig: Object.fromEntries(
      Object.entries(data).flatMap(([key, value]) =>
        key.startsWith(topicConfigPrefix) && typeof value === 'string'
          ? [[key.slice(topicConfigPrefix.length), value]]
          : []
      )
    )
  }
}
