// Broker of class Kafka.
// https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/reconciler/broker/broker.go
import { z } from 'zod'
import { isRecord } from '../is-record.ts'
import { brokerDefaults, deliverySchema, deliveryWarnings, toDelivery } from './delivery.ts'
import type { KindReader } from './kind.ts'
import type { Delivery, NamespacedName, Origin } from '../plan.ts'
import { object } from '../schema.ts'

export const brokerClassAnnotation = 'eventing.knative.dev/broker.class'
const externalTopicAnnotation = 'kafka.eventing.knative.dev/external.topic'

/** Of Knative's other brokers. */
const otherClasses = new Set([
  'MTChannelBasedBroker',
  'KafkaNamespaced',
  'RabbitMQBroker',
  'NatsJetStreamBroker',
  'googlecloud'
])

const spec = object({
  config: object({
    apiVersion: z.string().min(1, 'missing field'),
    kind: z.string().min(1, 'missing field'),
    name: z.string().min(1, 'missing field'),
    namespace: z.string().optional()
  }).optional(),
  delivery: deliverySchema.optional()
})

/** A Broker whose ConfigMap has not been looked up yet. */
export interface BrokerInput extends NamespacedName {
  readonly config: NamespacedName
  readonly externalTopic?: string
  readonly delivery: Delivery
  readonly origin: Origin
}

export const broker: KindReader<z.output<typeof spec>, BrokerInput> = {
  spec,
  check({ annotations }, input, report) {
    const brokerClass = annotations?.[brokerClassAnnotation]
    const path = ['metadata', 'annotations', brokerClassAnnotation]
    if (brokerClass === undefined || brokerClass === '')
      report(path, 'missing: Knative would make it an MTChannelBasedBroker, which is not supported here. Write Kafka')
    else if (otherClasses.has(brokerClass)) report(path, `${brokerClass} is not supported here; use Kafka`)
    else if (brokerClass !== 'Kafka') {
      report(
        path,
        `no controller of Knative looks after a Broker of class "${brokerClass}"; write Kafka. kubectl apply takes it, and then READY stays empty`
      )
    }
    // Other classes have other rules for it.
    if (brokerClass !== 'Kafka') return
    const config = isRecord(input) ? input.config : undefined
    if (config === undefined) {
      report(
        ['spec', 'config'],
        'missing: name a ConfigMap with default.topic.partitions, default.topic.replication.factor and bootstrap.servers. kubectl apply takes it, and then READY is False, for the default ConfigMap holds none of them'
      )
    }
    const kind = isRecord(config) ? config.kind : undefined
    if (typeof kind === 'string' && kind !== '' && kind.toLowerCase() !== 'configmap')
      report(['spec', 'config', 'kind'], `invalid value: "${kind}"; a Broker of class Kafka takes a ConfigMap`)
  },
  read({ metadata, spec: input, origin }, warn) {
    const { name, namespace, annotations } = metadata
    const externalTopic = annotations?.[externalTopicAnnotation]
    for (const { field, message } of input.delivery === undefined ? [] : deliveryWarnings(input.delivery)) {
      warn(['spec', 'delivery', ...(field === '' ? [] : [field])], message)
    }
    return {
      name,
      namespace,
      config: { namespace: input.config?.namespace || namespace, name: input.config?.name ?? '' },
      ...(externalTopic !== undefined && { externalTopic }),
      delivery: input.delivery === undefined ? brokerDefaults : toDelivery(input.delivery, namespace),
      origin
    }
  }
}
