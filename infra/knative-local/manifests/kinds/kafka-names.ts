import { z } from 'zod'
import { failsLater } from './consequence.ts'
import { refined } from '../schema.ts'

/** https://github.com/apache/kafka/blob/4.3.1/clients/src/main/java/org/apache/kafka/common/internals/Topic.java */
export const topicNameSchema = refined(z.string(), name =>
  /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'
    ? undefined
    : `"${name}" is not a topic name: Kafka takes at most 249 letters, digits, '.', '_' and '-'${failsLater('InitializeOffset')}`
)

export const bootstrapServersSchema = z
  .array(
    refined(z.string(), servers =>
      splitServers([servers]).every(server => /^(\[[\da-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(server))
        ? undefined
        : `"${servers}" is not HOST:PORT${failsLater('KafkaClusterAdmin')}`
    )
  )
  .min(1)

/** Knative joins the list with commas and splits it again, so one item may name several servers. */
export function splitServers(servers: readonly string[]): string[] {
  return servers.flatMap(item => item.split(',')).map(server => server.trim())
}
