// Strimzi's KafkaTopic. https://strimzi.io/docs/operators/latest/configuring#type-KafkaTopic-reference
import { z } from 'zod'
import { topicNameSchema } from './kafka-names.ts'
import type { KindReader } from './kind.ts'
import type { KafkaTopic } from '../plan.ts'
import { object } from '../schema.ts'
import { clusterLabel, readConfig } from './strimzi.ts'

/** Of the broker configuration that Strimzi falls back on where spec leaves them out. */
const brokerDefault = 1

const spec = object({
  topicName: topicNameSchema.optional(),
  partitions: z.int().min(1).optional(),
  replicas: z.int().min(1).max(32_767).optional(),
  config: z.record(z.string(), z.unknown()).optional()
})

export const kafkaTopic: KindReader<z.output<typeof spec>, KafkaTopic> = {
  spec,
  requiresSpec: true,
  check({ name, labels }, input, report) {
    if (labels?.[clusterLabel] === undefined)
      report(
        ['metadata', 'labels', clusterLabel],
        'missing: it names the Kafka cluster. kubectl apply takes it, and then no operator creates the topic'
      )
    const named = typeof input === 'object' && input !== null && 'topicName' in input
    if (!named && !/^[\w.-]{1,249}$/.test(name))
      report(['spec', 'topicName'], `missing: "${name}" cannot be a topic's name`)
  },
  read({ metadata, spec: input, origin }, warn) {
    for (const field of ['partitions', 'replicas'] as const) {
      if (input[field] === undefined)
        warn(['spec', field], `missing: the topic gets the cluster's default, taken as ${brokerDefault} here`)
    }
    return {
      name: metadata.name,
      namespace: metadata.namespace,
      topic: input.topicName ?? metadata.name,
      partitions: input.partitions ?? brokerDefault,
      replicas: input.replicas ?? brokerDefault,
      config: readConfig(input.config),
      origin
    }
  }
}
