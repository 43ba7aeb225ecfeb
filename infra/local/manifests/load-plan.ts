// All YAML becomes one checked, frozen plan.
//
//   const { plan, problems } = await loadPlan(['knative', 'infra/kafka'], { requireTopics: true })
//
// A path is a file, a directory (its *.yaml and *.yml, not those of its sub-directories) or a directory with a kustomization,
// of which `resources`, `namespace` and labels count. `problems` holds every error and warning at once, each with file, line and
// path; `plan` is there when none is an error. Defaults are those of Knative's control plane.
import { broker, type BrokerInput } from './broker.ts'
import { readBrokerConfig, installedConfig, installedConfigName, type BrokerConfig } from './broker-config.ts'
import { brokerDefaults } from './delivery.ts'
import { deepFreeze } from './deep-freeze.ts'
import { kafkaConnector } from './kafka-connector.ts'
import { kafkaSink } from './kafka-sink.ts'
import { kafkaSource } from './kafka-source.ts'
import { kafkaTopic } from './kafka-topic.ts'
import { knativeService } from './knative-service.ts'
import { readManifestFiles } from './manifest-files.ts'
import { readObjects, type WrittenObject } from './manifest-objects.ts'
import type { KindReader } from './kind.ts'
import type { Broker, Plan, Trigger } from './plan.ts'
import { formatPath, hasErrors, type Problem } from './problem.ts'
import { checkReferences } from './references.ts'
import { checkSchema, isRecord, object as strictObject } from './schema.ts'
import { trigger, type TriggerInput } from './trigger.ts'
import { z } from 'zod'

export interface LoadOptions {
  /** Every topic must have a KafkaTopic, or a KafkaSink or Broker that creates it. */
  readonly requireTopics?: boolean
  /** Sinks known from elsewhere, as `namespace/name`: a reference to one is no error although no file declares it. */
  readonly resolved?: ReadonlySet<string>
}

export interface LoadResult {
  /** Absent when there is an error among the problems. */
  readonly plan?: Plan
  readonly problems: readonly Problem[]
  /** Every file that was read, for those who watch them. */
  readonly files: readonly string[]
}

export async function loadPlan(paths: readonly string[], options: LoadOptions = {}): Promise<LoadResult> {
  const { manifests, files, problems: readProblems } = await readManifestFiles(paths)
  const problems = [...readProblems]
  const objects = readObjects(manifests, problems)

  const kafkaSources = readKind('sources.knative.dev/KafkaSource', kafkaSource, objects, problems)
  const kafkaSinks = readKind('eventing.knative.dev/KafkaSink', kafkaSink, objects, problems)
  const brokerInputs = readKind('eventing.knative.dev/Broker', broker, objects, problems)
  const triggerInputs = readKind('eventing.knative.dev/Trigger', trigger, objects, problems)
  const services = readKind('serving.knative.dev/Service', knativeService, objects, problems)
  const kafkaTopics = readKind('kafka.strimzi.io/KafkaTopic', kafkaTopic, objects, problems)
  const kafkaConnectors = readKind('kafka.strimzi.io/KafkaConnector', kafkaConnector, objects, problems)

  const brokers = brokerInputs.map(({ entry, written }) => resolveBroker(entry, written, objects, problems))
  const triggers = triggerInputs.map(({ entry, written }) => resolveTrigger(entry, written, brokers, problems))
  checkReferences(objects, options, problems)

  const sorted = problems.toSorted(
    (a, b) => a.origin.file.localeCompare(b.origin.file) || a.origin.line - b.origin.line
  )
  if (hasErrors(sorted)) return { problems: sorted, files }
  const plan: Plan = {
    objects: objects.map(written => written.object),
    kafkaSources: entries(kafkaSources),
    kafkaSinks: entries(kafkaSinks),
    brokers,
    triggers,
    services: entries(services),
    kafkaTopics: entries(kafkaTopics),
    kafkaConnectors: entries(kafkaConnectors)
  }
  return { plan: deepFreeze(plan), problems: sorted, files }
}

/** An entry of the plan, or its beginning, and the object that it was read from. */
interface Read<Entry> {
  readonly entry: Entry
  readonly written: WrittenObject
}

function entries<Entry>(read: readonly Read<Entry>[]): Entry[] {
  return read.map(({ entry }) => entry)
}

function readKind<Spec, Entry>(
  key: string,
  reader: KindReader<Spec, Entry>,
  objects: readonly WrittenObject[],
  problems: Problem[]
): Read<Entry>[] {
  return objects.flatMap(written => {
    if (written.kindKey !== key) return []
    const { document, path, object, metadata, value } = written
    const problem = (level: Problem['level'], at: readonly PropertyKey[], message: string) =>
      problems.push({ level, origin: document.locate([...path, ...at]), path: formatPath(at), message })
    const before = problems.length
    const { spec = {} } = object
    checkSchema(topLevel, written, [], value, problems)
    const input = checkSchema(reader.spec, written, ['spec'], spec, problems)
    reader.check?.(metadata, spec, (at, message) => problem('error', at, message))
    if (input === undefined || problems.slice(before).some(({ level }) => level === 'error')) return []
    const entry = reader.read({ metadata, spec: input, origin: object.origin }, (at, message) =>
      problem('warning', at, message)
    )
    return [{ entry, written }]
  })
}

const topLevel = strictObject({
  apiVersion: z.unknown().optional(),
  kind: z.unknown().optional(),
  metadata: z.unknown().optional(),
  spec: z.unknown().optional(),
  status: z.unknown().optional()
})

function resolveBroker(
  input: BrokerInput,
  written: WrittenObject,
  objects: readonly WrittenObject[],
  problems: Problem[]
): Broker {
  const { name, namespace, externalTopic, origin, config, delivery } = input
  const { partitions, replicationFactor, topicConfig, bootstrapServers } = findConfig(
    config,
    written,
    objects,
    problems
  )
  return {
    name,
    namespace,
    bootstrapServers,
    topic: externalTopic ?? `knative-broker-${namespace}-${name}`,
    externalTopic: externalTopic !== undefined,
    partitions,
    replicationFactor,
    topicConfig,
    delivery,
    origin
  }
}

function findConfig(
  config: BrokerInput['config'],
  written: WrittenObject,
  objects: readonly WrittenObject[],
  problems: Problem[]
): BrokerConfig {
  const configMap = objects.find(
    ({ object, metadata }) =>
      object.kind === 'ConfigMap' &&
      object.apiVersion === 'v1' &&
      metadata.name === config.name &&
      metadata.namespace === config.namespace
  )
  if (configMap !== undefined) {
    const data = isRecord(configMap.object.data) ? configMap.object.data : {}
    return readBrokerConfig(data, (key, message) =>
      problems.push({
        level: 'error',
        origin: configMap.document.locate([...configMap.path, 'data', key]),
        path: formatPath(['data', key]),
        message: `${message} (for the Broker ${written.metadata.namespace}/${written.metadata.name})`
      })
    )
  }
  if (config.namespace !== 'knative-eventing' || config.name !== installedConfigName) {
    problems.push({
      level: 'error',
      origin: written.document.locate([...written.path, 'spec', 'config', 'name']),
      path: 'spec.config.name',
      message: `no file declares the ConfigMap ${config.namespace}/${config.name}. kubectl apply takes it, and then the Broker is not READY`
    })
  }
  return installedConfig
}

/** A Trigger's own delivery takes the place of its Broker's as a whole. */
function resolveTrigger(
  input: TriggerInput,
  written: WrittenObject,
  brokers: readonly Broker[],
  problems: Problem[]
): Trigger {
  const owner = brokers.find(({ name, namespace }) => name === input.broker && namespace === input.namespace)
  const delivery = input.delivery ?? owner?.delivery ?? brokerDefaults
  if (delivery.deadLetterSink === undefined) {
    const whose =
      input.delivery === undefined
        ? 'neither the Trigger nor its Broker has'
        : "the delivery of the Trigger, which takes the place of its Broker's as a whole, has no"
    problems.push({
      level: 'warning',
      origin: written.document.locate([...written.path, 'spec', 'delivery']),
      path: 'spec.delivery',
      message: `${whose}${input.delivery === undefined ? ' a' : ''} deadLetterSink: an event that still fails after its retries is committed and lost`
    })
  }
  return { ...input, delivery }
}
