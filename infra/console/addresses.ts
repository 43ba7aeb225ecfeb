// Which system is looked at: the stack that runs on this machine, or any cluster by its addresses; and the way to all of its sources.
import type { Command } from 'commander'
import { collect, UsageError } from '../knative-local/command-line.ts'
import { readEndpoints, stateDirectoryOf } from '../knative-local/index.ts'
import type { Sources } from './reads/sources.ts'

export interface AddressFlags {
  readonly state?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace?: string
  readonly bootstrap?: string
  readonly database?: string
  readonly function?: readonly string[]
}

export function addAddressOptions(command: Command): Command {
  return command
    .option('--state <dir>', 'folder of the stack that runs here (LOCAL_STATE; default .local)')
    .option('--kubeconfig <file>', 'of a cluster; with --bootstrap and --database in place of --state (KUBECONFIG)')
    .option('--context <name>', 'of the kubeconfig')
    .option('--namespace <name>', 'only what is in it (default: all)')
    .option(
      '--bootstrap <addresses>',
      "of the cluster's Kafka, HOST:PORT (KAFKA_BOOTSTRAP); KAFKA_USERNAME and KAFKA_PASSWORD for SCRAM-SHA-512 over TLS, KAFKA_CA_FILE for the cluster's own certificate authority"
    )
    .option('--database <url>', "of the cluster's PostgreSQL (DATABASE_URL, which no list of processes shows)")
    .option(
      '--function <name=url>',
      'where a function answers, through kubectl port-forward, say; may be repeated',
      collect
    )
}

export interface Addresses {
  readonly kubernetes: {
    readonly kubeconfig: string
    readonly context?: string | undefined
    readonly namespace?: string | undefined
  }
  readonly kafka: {
    readonly bootstrap: string
    readonly username?: string
    readonly password?: string
    readonly caFile?: string
  }
  readonly databaseUrl: string
  readonly functionUrls: Readonly<Record<string, string>>
  /** The folder of the stack, where it runs here. */
  readonly stateDirectory?: string
}

/** Read when something is asked for: a stack may be restarted under the console. @throws UsageError */
export async function addressesOf(flags: AddressFlags, env: NodeJS.ProcessEnv): Promise<Addresses> {
  const { context, namespace } = flags
  const functionUrls = Object.fromEntries((flags.function ?? []).map(readFunction))
  if (isOfCluster(flags)) {
    const kubeconfig = flags.kubeconfig ?? env.KUBECONFIG
    const bootstrap = flags.bootstrap ?? env.KAFKA_BOOTSTRAP
    const databaseUrl = flags.database ?? env.DATABASE_URL
    if (kubeconfig === undefined || bootstrap === undefined || databaseUrl === undefined) {
      throw new UsageError(
        'A cluster is --kubeconfig, --bootstrap and --database together; KUBECONFIG, KAFKA_BOOTSTRAP and DATABASE_URL fill in for them.'
      )
    }
    const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_CA_FILE: caFile } = env
    const kafka = { bootstrap, ...(username && { username }), ...(password && { password }), ...(caFile && { caFile }) }
    return { kubernetes: { kubeconfig, context, namespace }, kafka, databaseUrl, functionUrls }
  }
  const stateDirectory = stateDirectoryOf(flags.state, env)
  const endpoints = await readEndpoints(stateDirectory)
  if (endpoints === undefined) {
    throw new UsageError(
      `Nothing runs on ${stateDirectory}, or it is not ready yet. Start it with npm run dev, or name a cluster: --help.`
    )
  }
  return {
    kubernetes: { kubeconfig: endpoints.kubeconfig, namespace },
    kafka: { bootstrap: endpoints.kafka.bootstrap },
    databaseUrl: endpoints.postgres.url,
    functionUrls,
    stateDirectory
  }
}

/** What a shell exports for other commands does not turn the console away from the stack that runs here. */
export function isOfCluster({ kubeconfig, bootstrap, database }: AddressFlags): boolean {
  return kubeconfig !== undefined || bootstrap !== undefined || database !== undefined
}

function readFunction(given: string): [string, string] {
  const [, name, url] = /^([\w-]+)=(.+)$/.exec(given) ?? []
  if (name === undefined || url === undefined || !URL.canParse(url))
    throw new UsageError(`--function ${given}: write NAME=URL`)
  return [name, url]
}

/** What it takes is loaded here: a page that nobody opens costs nothing. @throws UsageError */
export async function openSourcesOf(flags: AddressFlags): Promise<Sources> {
  const [{ openSources }, { kafkaClient }, { localRuntime }] = await Promise.all([
    import('./reads/sources.ts'),
    import('../proof/audit/kafka-client.ts'),
    import('./local-runtime.ts')
  ])
  const { kafka, stateDirectory, ...addresses } = await addressesOf(flags, process.env)
  return openSources({
    ...addresses,
    kafka: await kafkaClient(kafka),
    ...(stateDirectory !== undefined && localRuntime(stateDirectory))
  })
}
