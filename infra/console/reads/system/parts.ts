// The parts: what runs, whether it is healthy, and why not. Pids, processor time and memory are known on this machine only.
import { z } from 'zod'
import { type Action, Status } from '../../../knative-local/index.ts'
import type { ClusterView } from './cluster.ts'
import { defineRead } from '../read.ts'
import type { Sources } from '../sources.ts'

export interface Part {
  readonly name: string
  readonly kind: string
  readonly healthy: boolean
  /** Why not, in words; what is known of it besides, when it is healthy. */
  readonly detail: string
  /** Null for a part that is down, or scaled to zero; absent on a cluster. */
  readonly pid?: number | null
}

export type PartAction = Exclude<Action, 'restart'>

export interface Parts {
  /** What can be done with a part; empty on a cluster. */
  readonly actions: readonly PartAction[]
  readonly parts: readonly Part[]
  /** Of the whole: topics that are not as their YAML says, objects that cannot be read. */
  readonly problems: readonly string[]
}

const actions: readonly PartAction[] = ['stop', 'kill', 'pause', 'resume', 'start']
const statusTimeoutMs = 5_000

export const parts = defineRead({
  description: 'Every part of the system with its health, and the reason where it is not healthy.',
  input: z.object({}),
  async run(sources): Promise<Parts> {
    const view = await sources.cluster()
    if (sources.local === undefined) return { actions: [], parts: partsOfCluster(view), problems: view.problems }
    const { parts: found, topicProblems, refusedEdits } = await localStatus(sources.local)
    return {
      actions,
      parts: found.map(({ name, pid, healthy, problem }) => ({
        name,
        kind: kindOf(name, view),
        healthy,
        detail: problem ?? (pid === null ? (healthy ? 'scaled to zero' : 'does not run') : ''),
        pid
      })),
      problems: [...topicProblems, ...refusedEdits, ...view.problems]
    }
  }
})

export async function localStatus(local: NonNullable<Sources['local']>): Promise<Status> {
  const { control } = await local()
  const response = await fetch(`${control.url}/status`, { signal: AbortSignal.timeout(statusTimeoutMs) })
  return Status.parse(await response.json())
}

function kindOf(name: string, { plan }: ClusterView): string {
  if (plan.services.some(service => service.name === name)) return 'function'
  return name.startsWith('broker-') ? 'broker' : name
}

function partsOfCluster({ plan, condition }: ClusterView): Part[] {
  const shown = new Map([
    ['Kafka', 'broker'],
    ['KafkaConnect', 'connect'],
    ['Cluster', 'postgres'],
    ['Broker', 'dataplane'],
    ['KafkaSource', 'dataplane'],
    ['Trigger', 'dataplane'],
    ['KafkaSink', 'dataplane'],
    ['Service', 'function'],
    ['KafkaConnector', 'connect'],
    ['KafkaTopic', 'topic']
  ])
  return plan.objects.flatMap(({ kind, metadata: { namespace, name } }) => {
    const partKind = shown.get(kind)
    if (partKind === undefined) return []
    const { ready, reason } = condition(kind, namespace, name)
    return [{ name: `${kind} ${name}`, kind: partKind, healthy: ready === 'True', detail: reason }]
  })
}
