// The plan: what the YAML says, checked, with every default written out as Knative would apply it.
// Nothing here knows about Kafka clients or processes.

/** Where an object was written, for messages such as `knative/on-order-create.yaml:12 spec.topics`. */
export interface Origin {
  readonly file: string
  readonly line: number
}

export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** An object as it was written, for the read-only Kubernetes API. */
export interface ManifestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
  readonly origin: Origin
}

/** A Knative destination: a reference, an absolute URI, or a reference with a URI relative to its address. */
export interface Destination {
  readonly ref?: NamespacedName & { readonly apiVersion: string; readonly kind: string }
  readonly uri?: string
}

/** Delivery settings as Knative's control plane hands them to its data plane (facts: retry, backoff and timeout defaults). */
export interface Delivery {
  /** Tries after the first one. */
  readonly retry: number
  readonly backoffPolicy: 'linear' | 'exponential'
  readonly backoffDelayMs: number
  /** Per attempt. */
  readonly timeoutMs: number
  readonly deadLetterSink?: Destination
}

export type Ordering = 'ordered' | 'unordered'

/** Where the credentials of a Kafka client are: in one Secret as a whole, or each in a key of some Secret. Never the values. */
export type KafkaAuth =
  | { readonly secret: NamespacedName }
  | { readonly protocol: KafkaProtocol; readonly keys: Readonly<Partial<Record<KafkaSecretKey, SecretKey>>> }

export type KafkaProtocol = 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL'

/** The names of the keys in a Secret that Knative reads as a whole. */
export type KafkaSecretKey = 'sasl.mechanism' | 'user' | 'password' | 'ca.crt' | 'user.crt' | 'user.key'

export interface SecretKey extends NamespacedName {
  readonly key: string
}

export interface KafkaSource extends NamespacedName {
  readonly bootstrapServers: readonly string[]
  /** spec.net, where it says something. */
  readonly auth?: KafkaAuth
  readonly topics: readonly string[]
  readonly consumers: number
  readonly consumerGroup: string
  readonly initialOffset: 'earliest' | 'latest'
  readonly ordering: Ordering
  readonly keyType: 'string' | 'int' | 'float' | 'byte-array'
  readonly delivery: Delivery
  readonly sink: Destination
  /** spec.ceOverrides.extensions */
  readonly extensions: Readonly<Record<string, string>>
  readonly origin: Origin
}

export interface KafkaSink extends NamespacedName {
  readonly bootstrapServers: readonly string[]
  readonly auth?: KafkaAuth
  readonly topic: string
  readonly contentMode: 'binary' | 'structured'
  /** The sink creates its topic only when both are given. */
  readonly numPartitions?: number
  readonly replicationFactor?: number
  readonly origin: Origin
}

export interface Broker extends NamespacedName {
  readonly bootstrapServers: readonly string[]
  readonly auth?: KafkaAuth
  readonly topic: string
  /** The topic is made by somebody else (annotation external.topic); the Broker does not create it. */
  readonly externalTopic: boolean
  readonly partitions: number
  readonly replicationFactor: number
  readonly topicConfig: Readonly<Record<string, string>>
  /** For Triggers that have none of their own. */
  readonly delivery: Delivery
  readonly origin: Origin
}

/** One filter of spec.filters; several dialects in one object must all match. https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md#324-filters */
export interface TriggerFilter {
  readonly exact?: Readonly<Record<string, string>>
  readonly prefix?: Readonly<Record<string, string>>
  readonly suffix?: Readonly<Record<string, string>>
  readonly all?: readonly TriggerFilter[]
  readonly any?: readonly TriggerFilter[]
  readonly not?: TriggerFilter
  readonly cesql?: string
}

export interface Trigger extends NamespacedName {
  readonly broker: string
  readonly consumerGroup: string
  readonly ordering: Ordering
  /** spec.filters; overrides filterAttributes when present. */
  readonly filters?: readonly TriggerFilter[]
  /** spec.filter.attributes */
  readonly filterAttributes: Readonly<Record<string, string>>
  readonly subscriber: Destination
  /** The Trigger's own delivery, else its Broker's: whole replacement, no merge. */
  readonly delivery: Delivery
  readonly origin: Origin
}

/** A Knative Service: one function. */
export interface Service extends NamespacedName {
  /** The environment of its one container, with names of Secrets and ConfigMaps left to the runtime to resolve. */
  readonly env: readonly EnvironmentVariable[]
  /** Whole Secrets and ConfigMaps as environment; `env` wins over it. */
  readonly envFrom: readonly EnvironmentSource[]
  readonly image: string
  readonly minScale: number
  /** 0 means no upper bound. */
  readonly maxScale: number
  readonly initialScale: number
  /** Requests in flight per instance; 0 means no bound. */
  readonly containerConcurrency: number
  readonly timeoutSeconds: number
  readonly origin: Origin
}

export interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly secretKeyRef?: KeyReference
  readonly configMapKeyRef?: KeyReference
}

export interface KeyReference {
  readonly name: string
  readonly key: string
  /** A missing Secret, ConfigMap or key is no error. */
  readonly optional: boolean
}

export interface EnvironmentSource {
  readonly prefix: string
  readonly secretRef?: { readonly name: string; readonly optional: boolean }
  readonly configMapRef?: { readonly name: string; readonly optional: boolean }
}

/** A Strimzi KafkaTopic; `topic` is its name in Kafka. */
export interface KafkaTopic extends NamespacedName {
  readonly topic: string
  readonly partitions: number
  readonly replicas: number
  readonly config: Readonly<Record<string, string>>
  readonly origin: Origin
}

/** A Strimzi KafkaConnector. */
export interface KafkaConnector extends NamespacedName {
  readonly className: string
  readonly tasksMax: number
  readonly config: Readonly<Record<string, string>>
  readonly state: 'running' | 'paused' | 'stopped'
  readonly origin: Origin
}

export interface Plan {
  /** Everything that was read, in reading order, kinds without a local meaning included. */
  readonly objects: readonly ManifestObject[]
  readonly kafkaSources: readonly KafkaSource[]
  readonly kafkaSinks: readonly KafkaSink[]
  readonly brokers: readonly Broker[]
  readonly triggers: readonly Trigger[]
  readonly services: readonly Service[]
  readonly kafkaTopics: readonly KafkaTopic[]
  readonly kafkaConnectors: readonly KafkaConnector[]
}
