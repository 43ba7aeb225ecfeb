// KafkaSource, v1 and v1beta1 (their fields are the same).
// https://github.com/knative-extensions/eventing-kafka-broker/tree/knative-v1.23.0/control-plane/pkg/apis/sources/v1
import { z } from 'zod'
import { failsLater } from './consequence.ts'
import { deliveryWarnings, sourceDefaults, sourceDeliverySchema, toDelivery } from './delivery.ts'
import { sourceDestinationSchema, toDestination } from './destination.ts'
import { bootstrapServersSchema, splitServers, topicNameSchema } from './kafka-names.ts'
import type { KindReader } from './kind.ts'
import type { KafkaAuth, KafkaProtocol, KafkaSecretKey, KafkaSource } from '../plan.ts'
import { object, refined } from '../schema.ts'
import { stableUuid } from '../stable-uuid.ts'

const keyTypeLabel = 'kafkasources.sources.knative.dev/key-type'
const keyTypes = ['string', 'int', 'float', 'byte-array'] as const

const secretReference = object({
  secretKeyRef: object({ name: z.string().optional(), key: z.string(), optional: z.boolean().optional() }).optional()
})

const net = object({
  sasl: object({
    enable: z.boolean().optional(),
    user: secretReference.optional(),
    password: secretReference.optional(),
    type: secretReference.optional()
  }).optional(),
  tls: object({
    enable: z.boolean().optional(),
    cert: secretReference.optional(),
    key: secretReference.optional(),
    caCert: secretReference.optional()
  }).optional()
})

const spec = object({
  bootstrapServers: bootstrapServersSchema,
  topics: z.array(topicNameSchema).min(1),
  consumers: z.int32().min(0).optional(),
  consumerGroup: z.string().optional(),
  initialOffset: z.enum(['earliest', 'latest', '']).optional(),
  ordering: z.enum(['ordered', 'unordered']).optional(),
  delivery: sourceDeliverySchema.optional(),
  net: net.optional(),
  sink: sourceDestinationSchema,
  ceOverrides: object({
    extensions: refined(z.record(z.string(), z.string()), extensions => {
      const wrong = Object.keys(extensions).find(name => !/^[A-Za-z0-9]+$/.test(name))
      return wrong === undefined
        ? undefined
        : `invalid key name "${wrong}"; the name of an extension holds letters and digits only`
    }).optional()
  }).optional()
})

export const kafkaSource: KindReader<z.output<typeof spec>, KafkaSource> = {
  spec,
  check({ labels }, _spec, report) {
    const keyType = labels?.[keyTypeLabel]
    if (keyType === undefined || keyType === '' || keyTypes.some(known => known === keyType)) return
    report(
      ['metadata', 'labels', keyTypeLabel],
      `invalid value: "${keyType}"; use ${keyTypes.join(', ')}${failsLater('the consumer is refused')}`
    )
  },
  read({ metadata, spec: input, origin }, warn) {
    const { name, namespace } = metadata
    const extensions = input.ceOverrides?.extensions ?? {}
    for (const extension of Object.keys(extensions)) {
      if (/[A-Z]/.test(extension))
        warn(
          ['spec', 'ceOverrides', 'extensions', extension],
          `the webhook takes "${extension}", but CloudEvents names extensions in lower case: it is sent as ${extension.toLowerCase()}`
        )
    }
    if (input.initialOffset !== 'earliest') {
      warn(
        ['spec', 'initialOffset'],
        `${input.initialOffset ? 'latest' : 'the default is latest'}: records that are in the topic before the source becomes ready are never delivered. Write initialOffset: earliest`
      )
    }
    if (input.consumerGroup === undefined || input.consumerGroup === '') {
      warn(
        ['spec', 'consumerGroup'],
        'without a consumerGroup Knative makes up a random one: deleting and creating the source again loses its place. Name one'
      )
    }
    if (input.consumers === 0) {
      warn(['spec', 'consumers'], '0 consumers: Knative says READY True and delivers nothing')
    }
    if (input.delivery === undefined) {
      warn(
        ['spec', 'delivery'],
        'no delivery: an event that still fails after 10 retries (10 minutes of backoff, its partition waiting) is lost. Set delivery.deadLetterSink together with retry'
      )
    } else {
      if (input.delivery.deadLetterSink === undefined)
        warn(
          ['spec', 'delivery'],
          'no deadLetterSink: an event that still fails after its retries is committed and lost'
        )
      for (const { field, message } of deliveryWarnings(input.delivery))
        warn(['spec', 'delivery', ...(field === '' ? [] : [field])], message)
    }
    const auth = toAuth(input.net, namespace)
    return {
      name,
      namespace,
      bootstrapServers: splitServers(input.bootstrapServers),
      ...(auth && { auth }),
      topics: input.topics,
      consumers: input.consumers ?? 1,
      consumerGroup: input.consumerGroup || `knative-kafka-source-${stableUuid('KafkaSource', namespace, name)}`,
      initialOffset: input.initialOffset || 'latest',
      ordering: input.ordering ?? 'ordered',
      keyType: keyTypes.find(known => known === metadata.labels?.[keyTypeLabel]) ?? 'string',
      delivery: input.delivery === undefined ? sourceDefaults : toDelivery(input.delivery, namespace),
      sink: toDestination(input.sink, namespace),
      extensions,
      origin
    }
  }
}

/**
 * A reference without a name counts as absent, and what is not enabled is left out.
 * https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/security/secrets_provider_net_spec.go
 */
function toAuth(input: z.output<typeof net> | undefined, namespace: string): KafkaAuth | undefined {
  const sasl = input?.sasl?.enable === true ? input.sasl : undefined
  const tls = input?.tls?.enable === true ? input.tls : undefined
  if (sasl === undefined && tls === undefined) return undefined
  const references: Partial<Record<KafkaSecretKey, z.output<typeof secretReference>>> = {
    'sasl.mechanism': sasl?.type,
    user: sasl?.user,
    password: sasl?.password,
    'ca.crt': tls?.caCert,
    'user.crt': tls?.cert,
    'user.key': tls?.key
  }
  const keys = Object.entries(references).flatMap(([key, reference]) => {
    const { name, key: inSecret } = reference?.secretKeyRef ?? {}
    return name && inSecret ? [[key, { namespace, name, key: inSecret }] as const] : []
  })
  return { protocol: protocolOf(sasl !== undefined, tls !== undefined), keys: Object.fromEntries(keys) }
}

function protocolOf(sasl: boolean, tls: boolean): KafkaProtocol {
  if (sasl) return tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'
  return tls ? 'SSL' : 'PLAINTEXT'
}
