// The topics whose events are shown.
import { z } from 'zod'
import type { Plan } from '../../../knative-local/plans.ts'

/** Of what the plan declares, not what connectors keep for themselves. */
export function topicsOf({ kafkaTopics, brokers, kafkaSources, objects }: Plan): string[] {
  const own = new Set(
    objects.filter(({ kind }) => kind === 'KafkaConnect').flatMap(({ spec }) => Object.values(configOf(spec)))
  )
  const all = [
    ...kafkaTopics.map(({ topic }) => topic),
    ...brokers.map(({ topic }) => topic),
    ...kafkaSources.flatMap(({ topics }) => topics)
  ]
  return [...new Set(all)].filter(topic => !own.has(topic) && !topic.startsWith('debezium-heartbeat'))
}

const ConnectSpec = z.object({ config: z.record(z.string(), z.unknown()).optional() })

function configOf(spec: unknown): Record<string, unknown> {
  const config = ConnectSpec.safeParse(spec).data?.config ?? {}
  return Object.fromEntries(Object.entries(config).filter(([name]) => name.endsWith('.storage.topic')))
}
