// Another process of the data plane on the same YAML: it joins every group, takes its share of the partitions, and reaches
// the functions that follow students through proxies.
import { project } from '../../project.ts'
import { type Endpoints, manifestPathsIn } from '../../knative-local/index.ts'
import type { Plan } from '../../knative-local/plans.ts'
import type { Exit, Processes } from '../../knative-local/single-parts.ts'
import { dataPlaneEntry, until } from '../../knative-local/testing.ts'
import type { ForwardingProxy } from './forwarding-proxy.ts'

export interface MemberOptions {
  /** Of its log, and the client id by which Kafka shows it in its groups. */
  readonly name: string
  /** Stands before the function at this URL. */
  proxy(target: string): Promise<ForwardingProxy>
}

export interface DataPlaneMember {
  readonly name: string
  /** Has its share of the partitions, within a bounded time; it continues without. */
  consumes(signal: AbortSignal): Promise<void>
  /** SIGTERM: leaves the groups in order; killed when that takes longer (10 s by default). */
  stop(timeoutMs?: number): Promise<Exit>
  /** SIGKILL: the groups miss it when its session has timed out. */
  kill(): Promise<Exit>
}

const stopTimeoutMs = 10_000
/** Starting takes seconds on a busy machine, and another fault may be under way. */
const consumesWithinMs = 60_000

export async function startDataPlaneMember(
  processes: Processes,
  { functions, kafka, manifestRoot }: Endpoints,
  { services, kafkaSources }: Plan,
  { name, proxy }: MemberOptions
): Promise<DataPlaneMember> {
  const proxies: ForwardingProxy[] = []
  const resolved: string[] = []
  for (const service of services) {
    const url = Object.values(functions).find(one => one.service === service.name)?.url
    if (url === undefined) continue
    const follows = kafkaSources.some(({ sink, extensions }) => extensions.function && sink.ref?.name === service.name)
    const between = follows ? await proxy(url) : undefined
    if (between) proxies.push(between)
    resolved.push('--resolve', `${service.namespace}/${service.name}=${between?.url ?? url}`)
  }
  let isReady = false
  const child = processes.start({
    name,
    command: process.execPath,
    args: [
      dataPlaneEntry,
      ...manifestPathsIn(project, manifestRoot).flatMap(path => ['-f', path]),
      '--bootstrap',
      kafka.bootstrap,
      '--client-id',
      name,
      // Of its own and free: the stack's data plane has the known ones.
      '--ingress-port=0',
      '--sink-port=0',
      '--status-port=0',
      ...resolved
    ],
    cwd: project.directory,
    env: process.env,
    onLine: line => void (isReady ||= line === 'ready')
  })
  const ended = async (exit: Exit): Promise<Exit> => {
    await Promise.all(proxies.map(({ close }) => close()))
    return exit
  }
  return {
    name,
    consumes: signal =>
      until(`partitions for ${name}`, consumesWithinMs, async () => isReady, { signal }).catch(() => undefined),
    stop: async (timeoutMs = stopTimeoutMs) => ended(await child.stop(timeoutMs)),
    async kill() {
      child.signal('SIGKILL')
      return ended(await child.exited)
    }
  }
}
