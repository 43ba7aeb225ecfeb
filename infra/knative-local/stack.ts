// The whole stack: what is started, what waits for what, and in which order it stops.
//
//   PostgreSQL ─┬─ migrations ─┬─ schemas ◀─ registry
//               │              └─ functions ◀─ bundles
//   brokers ────┴─ topics ─┬─ connectors ◀─ Connect
//                          └─ data plane ◀─ functions
//
// All JVMs start at once: each is up before what it needs answers, and waits by itself.
import { called } from './called.ts'
import { join } from 'node:path'
import type { Plan } from './manifests/plan.ts'
import type { ClusterAddresses } from './parts/cluster-addresses.ts'
import { brokerConfig, connectConfig } from './parts/cluster-config.ts'
import { newCredentials, withCredentials } from './parts/credentials.ts'
import { databaseCluster } from './parts/database-cluster.ts'
import { localiseConnector } from './parts/connector-config.ts'
import { type Connect, createConnect } from './parts/connect.ts'
import { createDataplane, type Dataplane } from './parts/data-plane.ts'
import { createFunctions, type Functions } from './serving/functions.ts'
import { fetchJars } from './parts/jars.ts'
import { findJava } from './parts/java.ts'
import { createBroker, type KafkaBroker } from './parts/kafka.ts'
import { type Ports, portsPerStack } from './parts/ports.ts'
import { createPostgres, type Postgres } from './parts/postgres.ts'
import type { Processes } from './parts/processes.ts'
import type { Progress } from './parts/progress.ts'
import { createRegistry, type Registry } from './parts/registry.ts'
import { type ServicePorts } from './parts/service-ports.ts'
import { createSecrets } from './parts/secrets.ts'
import { createTraceCollector, type TraceCollector, tracingEnvironment } from './parts/trace-collector.ts'
import { createTopicMaker, type TopicMaker } from './parts/topic-maker.ts'
import type { Project, Tables } from './project.ts'

export interface Stack {
  readonly bootstrap: readonly string[]
  readonly postgres: Postgres
  /** Of the main database, as its owner. */
  readonly databaseUrl: string
  readonly brokers: readonly KafkaBroker[]
  readonly registry: Registry
  readonly connect: Connect
  readonly functions: Functions
  readonly dataplane: Dataplane
  readonly topics: TopicMaker
  readonly traces: TraceCollector
  /** Brings the tables to the newest migration. */
  migrate(): Promise<void>
  /** An edited plan: topics, connectors, functions and the data plane follow. */
  apply(plan: Plan): Promise<void>
}

export interface StackOptions {
  readonly project: Project
  readonly plan: Plan
  readonly ports: Ports
  readonly servicePorts: ServicePorts
  readonly stateDirectory: string
  /** The function that runs with an inspector. */
  readonly inspect?: string | undefined
  readonly processes: Processes
  readonly progress: Progress
  report(sentence: string): void
  pidChanged(): void
  /** Called with each part as soon as it may be running, for the stop. */
  started(name: StopOrder, stop: () => Promise<void>): void
}

/** From the first to stop to the last; those of one line stop together. */
export const stopOrder = [
  ['dataplane'],
  ['functions'],
  ['connect', 'registry'],
  ['kafka'],
  ['postgres'],
  ['traces']
] as const
export type StopOrder = (typeof stopOrder)[number][number]

export async function startStack(options: StackOptions): Promise<Stack> {
  const {
    project,
    plan,
    ports,
    servicePorts,
    stateDirectory,
    inspect,
    processes,
    progress,
    report,
    pidChanged,
    started
  } = options
  const { step } = progress
  const bootstrap = ports.brokers.map(({ port }) => `127.0.0.1:${port}`)

  const traces = createTraceCollector(processes, { stateDirectory, port: ports.traces, report, pidChanged })
  started('traces', traces.stop)
  const tracing = tracingEnvironment(traces.url)
  const tracesKept = traces
    .start()
    .then(traces.answers)
    .catch((error: Error) => report(`no traces are kept: ${error.message}`)) // the stack runs as well without

  const cluster = databaseCluster(plan.objects)
  const postgres = createPostgres(processes, {
    directory: join(stateDirectory, 'postgres'),
    port: ports.postgres,
    databases: cluster.databases,
    roles: cluster.roles,
    report,
    pidChanged
  })
  const database = cluster.databases[0].name
  let applied = plan
  const secrets = () =>
    createSecrets(
      applied.objects,
      new Map([...cluster.secrets].map(([secret, role]) => [secret, postgres.url(database, role)]))
    )
  started('postgres', postgres.stop)
  const postgresAnswers = later(postgres.start().then(() => step('PostgreSQL answers', postgres.answers)))
  const { tables } = project
  const migrated = later(
    postgresAnswers.then(
      () =>
        tables &&
        step('tables are migrated', async () => {
          await migrate(tables, postgres.url(database))
          await tables.seed?.(postgres.url(database))
        })
    )
  )

  const registryCredentials = newCredentials('registry')
  const registryUrl = withCredentials(`http://127.0.0.1:${ports.registry}`, registryCredentials)
  const addresses = () => localAddresses(applied, ports, servicePorts.current(), registryUrl, bootstrap)
  const functionsBuilt = later(
    step('functions are built', () =>
      createFunctions(processes, {
        services: plan.services,
        sources: project.sources,
        ports: servicePorts,
        firstInstancePort: ports.firstInstance,
        lastInstancePort: ports.ingress + portsPerStack - 1,
        stateDirectory,
        inspect,
        environment: () => ({ addresses: addresses(), secrets: secrets(), tracing }),
        report,
        pidChanged
      })
    )
  )
  void functionsBuilt.then(functions => started('functions', functions.stop)).catch(() => undefined)

  const java = await findJava()
  const jars = await step('jars are there', () => fetchJars(java, progress.say))

  const brokers = await Promise.all(
    ports.brokers.map(broker =>
      createBroker(java, jars, processes, broker, {
        directory: join(stateDirectory, 'kafka'),
        brokers: ports.brokers,
        config: brokerConfig(plan.objects),
        report,
        pidChanged
      })
    )
  )
  const topics = createTopicMaker({ bootstrap, plan, report })
  started('kafka', async () => {
    await topics.stop()
    await Promise.all(brokers.map(broker => broker.stop()))
  })
  await Promise.all(brokers.map(broker => broker.start()))
  const topicsMade = later(
    Promise.all(brokers.map(broker => step(`broker-${broker.id} answers`, broker.answers))).then(() =>
      step('topics are there', topics.start)
    )
  )

  const connect = await createConnect(java, jars, processes, {
    directory: join(stateDirectory, 'connect'),
    port: ports.connect,
    bootstrap,
    config: connectConfig(plan.objects),
    localise: config => localiseConnector(config, { databaseUrl: postgres.url(database), bootstrap }),
    secrets,
    report,
    pidChanged
  })
  started('connect', connect.stop)
  await connect.start()
  const connectorsRun = later(
    Promise.all([step('Kafka Connect answers', connect.answers), topicsMade, migrated]).then(() =>
      step('connectors run', () => connect.apply(plan.kafkaConnectors))
    )
  )

  await postgresAnswers
  const registry = createRegistry(java, jars, processes, {
    directory: join(stateDirectory, 'registry'),
    credentials: registryCredentials,
    port: ports.registry,
    databaseUrl: postgres.url('registry'),
    report,
    pidChanged
  })
  started('registry', registry.stop)
  await registry.start()
  const schemasRegistered = later(
    Promise.all([step('the schema registry answers', registry.answers), migrated]).then(
      () =>
        project.registerSchemas &&
        step('schemas are registered', async () =>
          project.registerSchemas?.({ registryUrl, databaseUrl: postgres.url(database) })
        )
    )
  )

  const functions = await functionsBuilt
  const functionsAnswer = later(migrated.then(() => step('functions answer', functions.start)))

  const planFile = join(stateDirectory, 'data-plane.json')
  const dataplane = createDataplane(processes, { planFile, bootstrap, ports, tracing, report, pidChanged })
  const handOver = (): Promise<void> =>
    dataplane.apply({ plan: applied, addresses: serviceAddresses(applied, functions.services) })
  await handOver()
  const dataplaneReady = later(
    topicsMade.then(() => {
      started('dataplane', dataplane.stop)
      return step('the data plane consumes', async () => {
        dataplane.start()
        await dataplane.ready(() => topics.problems().size > 0)
      })
    })
  )

  await Promise.all([connectorsRun, schemasRegistered, functionsAnswer, dataplaneReady, tracesKept])

  return {
    bootstrap,
    postgres,
    databaseUrl: postgres.url(database),
    brokers,
    registry,
    connect,
    functions,
    dataplane,
    topics,
    traces,
    migrate: async () => tables && migrate(tables, postgres.url(database)),
    async apply(edited) {
      applied = edited
      const attempt = (what: string, change: () => Promise<void>): Promise<void> =>
        change().catch((error: Error) => report(`the edited ${what} could not be applied: ${error.message}`))
      await attempt('topics', () => topics.apply(edited))
      await Promise.all([
        attempt('sources', handOver), // what needs no new Service waits for none
        attempt('connectors', () => connect.apply(edited.kafkaConnectors)),
        attempt('Services', () => functions.apply(edited.services)).then(() => attempt('sources', handOver))
      ])
    }
  }
}

function serviceAddresses(plan: Plan, running: Functions['services']): Record<string, string> {
  return Object.fromEntries(
    plan.services.flatMap(({ namespace, name }) => {
      const service = running.get(name)
      return service ? [[`${namespace}/${name}`, service.url]] : []
    })
  )
}

async function migrate(tables: Tables, databaseUrl: string): Promise<void> {
  try {
    await tables.migrate(databaseUrl)
  } catch (error) {
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error)
    throw new Error(
      `The tables cannot be brought to the newest migration: ${reason}\nWere they made by another branch? ${called('dev --clean')} starts afresh, without their data.`,
      { cause: error }
    )
  }
}

/** Awaited further down: a failure before that must not count as unhandled. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

function localAddresses(
  plan: Plan,
  ports: Ports,
  functionPorts: ReadonlyMap<string, number>,
  registryUrl: string,
  bootstrap: readonly string[]
): ClusterAddresses {
  const services = plan.services.flatMap(({ name, namespace }): [string, string][] => {
    const port = functionPorts.get(name)
    return port === undefined ? [] : [[`${name}.${namespace}`, `http://127.0.0.1:${port}`]]
  })
  // Strimzi's name for the Service in front of the brokers of a Kafka object.
  const clusters = plan.objects
    .filter(({ kind }) => kind === 'Kafka')
    .map(({ metadata }): [string, readonly string[]] => [
      `${metadata.name}-kafka-bootstrap.${metadata.namespace}`,
      bootstrap
    ])
  return {
    http: new Map([
      ...services,
      ...registries(plan).map((name): [string, string] => [name, registryUrl]),
      ['kafka-broker-ingress.knative-eventing', `http://127.0.0.1:${ports.ingress}`],
      ['kafka-sink-ingress.knative-eventing', `http://127.0.0.1:${ports.sinkIngress}`]
    ]),
    bootstrap: new Map(clusters)
  }
}

/** Every Service in front of the one registry that runs here, as NAME.NAMESPACE. */
function registries({ objects }: Plan): string[] {
  return objects
    .filter(
      ({ apiVersion, kind, metadata }) =>
        apiVersion === 'v1' && kind === 'Service' && metadata.name === 'schema-registry'
    )
    .map(({ metadata }) => `${metadata.name}.${metadata.namespace}`)
}
