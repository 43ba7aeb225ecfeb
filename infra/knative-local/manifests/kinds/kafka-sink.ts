// KafkaSink. https://github.com/knative-extensions/eventing-kafka-broker/tree/knative-v1.23.0/control-plane/pkg/apis/eventing/v1alpha1
import { z } from 'zod'
import { bootstrapServersSchema, splitServers, topicNameSchema } from './kafka-names.ts'
import type { KindReader } from './kind.ts'
import type { KafkaSink } from '../plan.ts'
import { object } from '../schema.ts'

const spec = object({
  topic: topicNameSchema,
  bootstrapServers: bootstrapServersSchema,
  numPartitions: z.int32().min(1).optional(),
  replicationFactor: z.int().min(1).max(32_767).optional(),
  contentMode: z.enum(['binary', 'structured', '']).optional(),
  auth: object({
    secret: object({ ref: object({ name: z.string().min(1, 'missing field') }).optional() }).optional()
  }).optional()
})

export const kafkaSink: KindReader<z.output<typeof spec>, KafkaSink> = {
  spec,
  read({ metadata, spec: input, origin }, warn) {
    const { numPartitions, replicationFactor } = input
    if ((numPartitions === undefined) !== (replicationFactor === undefined)) {
      warn(
        ['spec'],
        'Knative creates the topic only when numPartitions and replicationFactor are both given; here it must exist already'
      )
    }
    const secret = input.auth?.secret?.ref?.name
    return {
      name: metadata.name,
      namespace: metadata.namespace,
      bootstrapServers: splitServers(input.bootstrapServers),
      ...(secret !== undefined && { auth: { secret: { namespace: metadata.namespace, name: secret } } }),
      topic: input.topic,
      contentMode: input.contentMode || 'binary',
      ...(numPartitions !== undefined && { numPartitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
      origin
    }
  }
}
