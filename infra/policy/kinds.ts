// The kinds that the policies look at, as far as they look.
import { z } from 'zod'

const Metadata = z.looseObject({
  name: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({})
})

const Destination = z.object({
  ref: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string(), namespace: z.literal('students') }),
  uri: z.string().optional()
})

export const Delivery = z.object({
  retry: z.int(),
  backoffPolicy: z.enum(['linear', 'exponential']),
  backoffDelay: z.string(),
  timeout: z.string(),
  deadLetterSink: Destination
})
export type Delivery = z.infer<typeof Delivery>

const SecretKey = z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) })

export const kafkaSource = { apiVersion: 'sources.knative.dev/v1', kind: 'KafkaSource' }
export const KafkaSource = z.object({
  metadata: Metadata,
  spec: z.object({
    bootstrapServers: z.array(z.string()),
    topics: z.array(z.string()),
    consumerGroup: z.string(),
    initialOffset: z.string().optional(),
    ordering: z.string().optional(),
    delivery: Delivery,
    sink: Destination,
    ceOverrides: z.object({ extensions: z.record(z.string(), z.string()) }).optional(),
    net: z
      .object({
        tls: z.object({ enable: z.boolean(), caCert: SecretKey }),
        sasl: z.object({ enable: z.boolean(), user: SecretKey, password: SecretKey, type: SecretKey })
      })
      .optional()
  })
})

export const kafkaSink = { apiVersion: 'eventing.knative.dev/v1alpha1', kind: 'KafkaSink' }
export const KafkaSink = z.object({
  metadata: Metadata,
  spec: z.object({
    topic: z.string(),
    bootstrapServers: z.array(z.string()),
    auth: z.object({ secret: z.object({ ref: z.object({ name: z.string() }) }) }).optional()
  })
})

export const broker = { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker' }
export const Broker = z.object({
  metadata: Metadata,
  spec: z.object({
    config: z.object({ kind: z.literal('ConfigMap'), name: z.string(), namespace: z.literal('students') }),
    delivery: Delivery
  })
})

export const trigger = { apiVersion: 'eventing.knative.dev/v1', kind: 'Trigger' }
export const Trigger = z.object({
  metadata: Metadata,
  spec: z.object({
    broker: z.string(),
    filters: z.array(z.object({ exact: z.object({ type: z.string() }) })),
    subscriber: Destination,
    delivery: Delivery.optional()
  })
})

export const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }
export const ConfigMap = z.object({ metadata: Metadata, data: z.record(z.string(), z.string()) })

export const kafkaTopic = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic' }
export const KafkaTopic = z.object({
  metadata: Metadata,
  spec: z.object({
    topicName: z.string(),
    partitions: z.int(),
    replicas: z.int(),
    config: z.record(z.string(), z.union([z.string(), z.number()]))
  })
})

export const kafkaUser = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaUser' }
export const KafkaUser = z.object({
  metadata: Metadata,
  spec: z.object({
    authentication: z.object({ type: z.string(), password: z.object({ valueFrom: SecretKey }) }),
    authorization: z.object({
      type: z.literal('simple'),
      acls: z.array(
        z.object({
          resource: z.object({ type: z.string(), name: z.string(), patternType: z.enum(['literal', 'prefix']) }),
          operations: z.array(z.string())
        })
      )
    })
  })
})

export const kafkaConnector = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaConnector' }
export const KafkaConnector = z.object({
  metadata: Metadata,
  spec: z.object({ tasksMax: z.int(), config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) })
})

const Environment = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional()
})
export const Container = z.object({
  name: z.string(),
  image: z.string(),
  env: z.array(Environment).default([]),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.looseObject({ memory: z.string() })
  }),
  securityContext: z.looseObject({
    runAsNonRoot: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean(),
    allowPrivilegeEscalation: z.boolean(),
    privileged: z.boolean().optional(),
    capabilities: z.object({ drop: z.array(z.string()), add: z.array(z.string()).optional() }),
    seccompProfile: z.object({ type: z.string() }).optional()
  }),
  readinessProbe: z.object({ httpGet: z.object({ path: z.string() }) }).optional(),
  livenessProbe: z.object({ httpGet: z.object({ path: z.string() }) }).optional()
})

export const PodSpec = z.object({
  automountServiceAccountToken: z.boolean().optional(),
  containers: z.array(Container).min(1),
  initContainers: z.array(Container).optional(),
  securityContext: z
    .looseObject({ runAsNonRoot: z.boolean(), seccompProfile: z.object({ type: z.string() }) })
    .optional(),
  volumes: z.array(z.looseObject({ secret: z.object({ secretName: z.string() }).optional() })).default([])
})

export const service = { apiVersion: 'serving.knative.dev/v1', kind: 'Service' }
export const Service = z.object({
  metadata: Metadata,
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      spec: PodSpec.extend({ containerConcurrency: z.int().positive(), timeoutSeconds: z.int().positive() })
    })
  })
})

/** The value of a container's variable; the name of its Secret for one that has no value. */
export function environmentOf(container: z.infer<typeof Container>): Record<string, string> {
  return Object.fromEntries(
    container.env.map(({ name, value, valueFrom }) => [name, value ?? `secret:${valueFrom?.secretKeyRef.name}`])
  )
}
