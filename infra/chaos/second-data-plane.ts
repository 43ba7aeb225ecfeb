// Another process of the data plane on the same YAML: it joins every group, takes its share of the partitions, and reaches
// the functions through proxies.
import { resolve } from 'node:path'
import { projectDirectory } from '../bundle.ts'
import type { Endpoints } from '../local/endpoints.ts'
import { manifestPathsIn } from '../local/manifest-paths.ts'
import type { Plan } from '../local/manifests/plan.ts'
import type { Processes } from '../local/resources/processes.ts'
import { type AnswerMode, type AnswerProxy, startAnswerProxy } from './answer-proxy.ts'

export interface SecondDataPlane {
  readonly proxies: readonly AnswerProxy[]
  /** Leaves the groups in order. */
  stop(): Promise<void>
}

const stopTimeoutMs = 10_000

export async function startSecondDataPlane(
  processes: Processes,
  { functions, kafka, manifestRoot }: Endpoints,
  { services, kafkaSources }: Plan,
  mode: AnswerMode
): Promise<SecondDataPlane> {
  const proxies: AnswerProxy[] = []
  const resolved: string[] = []
  for (const { namespace, name } of services) {
    const url = Object.values(functions).find(({ service }) => service === name)?.url
    if (url === undefined) continue
    const follows = kafkaSources.some(({ sink, extensions }) => extensions.function && sink.ref?.name === name)
    const proxy = follows ? await startAnswerProxy(url, mode) : undefined
    if (proxy) proxies.push(proxy)
    resolved.push('--resolve', `${namespace}/${name}=${proxy?.url ?? url}`)
  }
  const child = processes.start({
    name: 'second-dataplane',
    command: process.execPath,
    args: [
      '--disable-warning=TimeoutNegativeWarning',
      resolve(import.meta.dirname, '../local/dataplane.ts'),
      ...manifestPathsIn(manifestRoot).flatMap(path => ['-f', path]),
      '--bootstrap',
      kafka.bootstrap,
      // Of its own and free: the first data plane has the known ones.
      '--ingress-port=0',
      '--sink-port=0',
      '--status-port=0',
      ...resolved
    ],
    cwd: projectDirectory,
    env: process.env
  })
  return {
    proxies,
    async stop() {
      await child.stop(stopTimeoutMs)
      await Promise.all(proxies.map(proxy => proxy.close()))
    }
  }
}
