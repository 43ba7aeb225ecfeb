// All YAML becomes one checked, frozen plan.
//
//   const { plan, problems } = await loadPlan(['knative', 'infra/kafka'], { complete: true })
//
// A path is a file, a directory (its *.yaml and *.yml, not those of its sub-directories) or a directory with a kustomization,
// which is built as `kubectl kustomize` builds it. `problems` holds every error and warning at once, each with file, line and
// path; `plan` is there when none is an error. Defaults are those of Knative's control plane.
import { broker } from './kinds/broker.ts'
import { checkChange } from './check-change.ts'
import { deepFreeze } from './deep-freeze.ts'
import { kafkaConnector } from './kinds/kafka-connector.ts'
import { kafkaSink } from './kinds/kafka-sink.ts'
import { kafkaSource } from './kinds/kafka-source.ts'
import { kafkaTopic } from './kinds/kafka-topic.ts'
import { knativeService } from './kinds/knative-service.ts'
import type { Path } from './manifest-document.ts'
import { readManifestFiles } from './manifest-files.ts'
import { readObjects, type WrittenObject } from './manifest-objects.ts'
import type { Origin, Plan } from './plan.ts'
import { formatPath, hasErrors, type Problem } from './problem.ts'
import { readKind, type Read } from './read-kind.ts'
import { checkReferences } from './references.ts'
import { brokersElsewhere, resolveBroker, resolveTrigger } from './kinds/resolve-broker.ts'
import { withoutTemplateValues } from './templates.ts'
import { trigger } from './kinds/trigger.ts'

export interface LoadOptions {
  /** There is nothing beside these files: what one names must be in another, and every topic must have somebody who creates it. */
  readonly complete?: boolean
  /** Objects known from elsewhere, as `namespace/name`. */
  readonly resolved?: ReadonlySet<string>
  /** Whatever else an event may be sent to is known too. */
  readonly anySink?: boolean
  /** Secrets that are elsewhere, as `namespace/name`; without it nobody asks where Secrets are. */
  readonly secrets?: ReadonlySet<string>
  /** The plan that runs: what a cluster would not let an edit change is an error. */
  readonly running?: Plan
}

export interface LoadResult {
  /** Absent when there is an error among the problems. */
  readonly plan?: Plan
  readonly problems: readonly Problem[]
  /** Every file that was read or looked for, for those who watch them … */
  readonly files: readonly string[]
  /** … and every folder whose files were taken as they are there. */
  readonly folders: readonly string[]
}

export async function loadPlan(paths: readonly string[], options: LoadOptions = {}): Promise<LoadResult> {
  const { manifests, files, folders, problems: readProblems } = await readManifestFiles(paths)
  const problems = [...readProblems]
  const objects = readObjects(manifests, problems)

  const plan = planOf(objects, options, problems)
  if (hasErrors(problems)) return { problems: inReadingOrder(problems), files, folders }

  const locate = (origin: Origin, at: Path) => {
    const written = objects.find(({ object }) => object.origin === origin)
    return written === undefined ? origin : written.document.locate([...written.path, ...at])
  }
  if (options.complete === true) problems.push(...unusedCredentials(plan, locate))
  if (options.running !== undefined) {
    problems.push(...checkChange(options.running, plan, locate))
    if (hasErrors(problems)) return { problems: inReadingOrder(problems), files, folders }
  }
  return { plan: deepFreeze(plan), problems: inReadingOrder(problems), files, folders }
}

/** Of what can be read of them; the rest is among the problems. */
export function planOf(objects: readonly WrittenObject[], options: LoadOptions, problems: Problem[]): Plan {
  const kafkaSources = readKind('sources.knative.dev/KafkaSource', kafkaSource, objects, problems)
  const kafkaSinks = readKind('eventing.knative.dev/KafkaSink', kafkaSink, objects, problems)
  const brokerInputs = readKind('eventing.knative.dev/Broker', broker, objects, problems)
  const triggerInputs = readKind('eventing.knative.dev/Trigger', trigger, objects, problems)
  const services = readKind('serving.knative.dev/Service', knativeService, objects, problems)
  const kafkaTopics = readKind('kafka.strimzi.io/KafkaTopic', kafkaTopic, objects, problems)
  const kafkaConnectors = readKind('kafka.strimzi.io/KafkaConnector', kafkaConnector, objects, problems)

  const brokers = brokerInputs.flatMap(read => resolveBroker(read, objects, options, problems))
  brokers.push(...brokersElsewhere(triggerInputs, brokers, options))
  const triggers = triggerInputs.map(read => resolveTrigger(read, brokers, problems))
  checkReferences(objects, options, problems)
  return {
    objects: objects.map(written => written.object),
    kafkaSources: entries(kafkaSources),
    kafkaSinks: entries(kafkaSinks),
    brokers,
    triggers,
    services: entries(services),
    kafkaTopics: entries(kafkaTopics),
    kafkaConnectors: entries(kafkaConnectors)
  }
}

/** Where the files are all there is, the brokers are local ones. */
function unusedCredentials(
  { kafkaSources, kafkaSinks }: Plan,
  locate: (origin: Origin, at: Path) => Origin
): Problem[] {
  const warning = (origin: Origin, at: string[], what: string): Problem => ({
    level: 'warning',
    origin: locate(origin, at),
    path: formatPath(at),
    message: `the local brokers have no TLS and no SASL: ${what} is checked and not used`
  })
  return [
    ...kafkaSources.filter(({ auth }) => auth).map(({ origin }) => warning(origin, ['spec', 'net'], 'net')),
    ...kafkaSinks.filter(({ auth }) => auth).map(({ origin }) => warning(origin, ['spec', 'auth'], 'auth'))
  ]
}

function entries<Entry>(read: readonly Read<Entry>[]): Entry[] {
  return read.map(({ entry }) => entry)
}

function inReadingOrder(problems: readonly Problem[]): Problem[] {
  return withoutTemplateValues(problems).toSorted(
    (a, b) => a.origin.file.localeCompare(b.origin.file) || a.origin.line - b.origin.line
  )
}
