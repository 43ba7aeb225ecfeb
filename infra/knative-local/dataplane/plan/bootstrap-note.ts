// Which Kafka: that of the YAML, or the one that --bootstrap puts in its place.
import type { Plan } from '../../manifests/plan.ts'

/** The line that says what --bootstrap replaces; undefined when it replaces nothing. Throws when nobody names a Kafka. */
export function bootstrapNote(
  given: readonly string[] | undefined,
  { kafkaSources, kafkaSinks, brokers }: Pick<Plan, 'kafkaSources' | 'kafkaSinks' | 'brokers'>
): string | undefined {
  const written = new Set(
    [...kafkaSources, ...kafkaSinks, ...brokers]
      .filter(({ bootstrapServers }) => bootstrapServers.length > 0)
      .map(({ bootstrapServers }) => bootstrapServers.toSorted().join(','))
  )
  if (given === undefined) {
    if (written.size === 0) throw new Error('the YAML names no Kafka: give --bootstrap HOST:PORT')
    return undefined
  }
  const replaced = [...written].filter(servers => servers !== given.toSorted().join(','))
  return replaced.length === 0
    ? undefined
    : `--bootstrap ${given.join(',')} takes the place of ${replaced.join(' and of ')}`
}
