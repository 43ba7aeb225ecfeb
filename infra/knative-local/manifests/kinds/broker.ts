// Broker of class Kafka.
// https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/reconciler/broker/broker.go
import { z } from 'zod'
import { brokerDefaults, deliverySchema, deliveryWarnings, toDelivery } from './delivery.ts'
import type { KindReader } from './kind.ts'
import type { Delivery, NamespacedName, Origin } from '../plan.ts'
import { object, rule } from '../schema.ts'

export const brokerClassAnnotation = 'eventing.knative.dev/broker.class'
const externalTopicAnnotation = 'kafka.eventing.knative.dev/external.topic'

const spec = object({
  config: rule(
    object({
      apiVersion: z.string().min(1, 'missing field'),
      kind: z.string().min(1, 'missing field'),
      name: z.string().min(1, 'missing field'),
      namespace: z.string().optional()
    }),
    ({ kind }, report) => {
      if (typeof kind === 'string' && kind.toLowerCase() !== 'configmap')
        report(['kind'], `invalid value: "${kind}"; a Broker of class Kafka takes a ConfigMap`)
    }
  ).optional(),
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
    if (brokerClass === undefined || brokerClass === '') {
      report(path, 'missing: Knative would make it an MTChannelBasedBroker, which is not supported here. Write Kafka')
    } else if (brokerClass === 'MTChannelBasedBroker' || brokerClass === 'KafkaNamespaced') {
      report(path, `${brokerClass} is not supported here; use Kafka`)
    } else if (brokerClass !== 'Kafka') {
      report(
        path,
        `no controller looks after a Broker of class "${brokerClass}"; write Kafka. kubectl apply takes it, and then READY stays empty`
      )
    }
    const config = typeof input === 'object' && input !== null && 'config' in input ? input.config : undefined
    const isKafka = brokerClass === undefined || brokerClass === '' || brokerClass === 'Kafka'
    if (config === undefined && isKafka) {
      report(
        ['spec', 'config'],
        'missing: name a ConfigMap with default.topic.partitions, default.topic.replication.factor and bootstrap.servers. kubectl apply takes it, and then READY is False, for the default ConfigMap holds none of them'
      )
    }
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
