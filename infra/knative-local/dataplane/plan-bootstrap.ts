// Which Kafka: that of the YAML, or the one that --bootstrap puts in its place.
import type { Plan } from '../manifests/plan.ts'

export type Choice =
  | { readonly servers: readonly string[]; /** To be printed. */ readonly note?: string }
  | { readonly problem: string }

/** One data plane serves one cluster; servers named in another order are the same one. */
export function chooseBootstrap(
  given: readonly string[] | undefined,
  { kafkaSources, kafkaSinks, brokers }: Pick<Plan, 'kafkaSources' | 'kafkaSinks' | 'brokers'>
): Choice {
  const clusters = new Map<string, string[]>()
  for (const [kind, entries] of Object.entries({ KafkaSource: kafkaSources, KafkaSink: kafkaSinks, Broker: brokers })) {
    for (const { namespace, name, bootstrapServers } of entries) {
      if (bootstrapServers.length === 0) continue
      const key = bootstrapServers.toSorted().join(',')
      clusters.set(key, [...(clusters.get(key) ?? []), `${kind} ${namespace}/${name}`])
    }
  }
  const written = [...clusters.keys()]
  if (given !== undefined) {
    const replaced = written.filter(servers => servers !== given.toSorted().join(','))
    if (replaced.length === 0) return { servers: given }
    return { servers: given, note: `--bootstrap ${given.join(',')} takes the place of ${replaced.join(' and of ')}` }
  }
  const [only, ...others] = written
  if (only === undefined) return { problem: 'the YAML names no Kafka: give --bootstrap HOST:PORT' }
  if (others.length === 0) return { servers: only.split(',') }
  const list = [...clusters].map(([servers, [first]]) => `${servers} (${first})`)
  return {
    problem: `the YAML names several Kafka clusters: ${list.join(', ')}. Run one data plane for each, or give --bootstrap for all`
  }
}
