// Strimzi's KafkaConnector. https://strimzi.io/docs/operators/latest/configuring#type-KafkaConnector-reference
import { z } from 'zod'
import { failsLater } from './consequence.ts'
import type { KindReader } from './kind.ts'
import type { KafkaConnector } from '../plan.ts'
import { object } from '../schema.ts'
import { clusterLabel, readConfig } from './strimzi.ts'

/** Strimzi sets these itself and ignores them in config. */
const fieldsOfSpec = { 'connector.class': 'class', 'tasks.max': 'tasksMax' } as const

/** The API does not require it. */
const noClass = `missing field${failsLater('the connector has no class')}`

const spec = object({
  class: z.string({ error: issue => (issue.input === undefined ? noClass : undefined) }).min(1, noClass),
  tasksMax: z.int().min(1).optional(),
  version: z.string().optional(),
  state: z.enum(['running', 'paused', 'stopped']).optional(),
  autoRestart: object({ enabled: z.boolean().optional(), maxRestarts: z.int().optional() }).optional(),
  listOffsets: object({ toConfigMap: object({ name: z.string().optional() }) }).optional(),
  alterOffsets: object({ fromConfigMap: object({ name: z.string().optional() }) }).optional(),
  config: z.record(z.string(), z.unknown()).optional()
})

export const kafkaConnector: KindReader<z.output<typeof spec>, KafkaConnector> = {
  spec,
  check({ labels }, _spec, report) {
    if (labels?.[clusterLabel] === undefined)
      report(
        ['metadata', 'labels', clusterLabel],
        'missing: it names the KafkaConnect cluster. kubectl apply takes it, and then no operator creates the connector'
      )
  },
  read({ metadata, spec: input, origin }, warn) {
    const config = readConfig(input.config)
    for (const [key, field] of Object.entries(fieldsOfSpec)) {
      if (key in config) warn(['spec', 'config', key], `not used: Strimzi takes it from spec.${field}`)
    }
    return {
      name: metadata.name,
      namespace: metadata.namespace,
      className: input.class,
      tasksMax: input.tasksMax ?? 1,
      config: Object.fromEntries(Object.entries(config).filter(([key]) => !(key in fieldsOfSpec))),
      state: input.state ?? 'running',
      origin
    }
  }
}
