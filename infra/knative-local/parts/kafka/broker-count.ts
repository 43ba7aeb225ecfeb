// How many brokers run here, and what Kafka's configuration says of copies when they are fewer than it wants.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Plan } from '../../manifests/plan.ts'
import { wantedTopics } from './topics.ts'

/** As many as the usual cluster has: enough for every question of replication, and all that a laptop bears. */
export const maxBrokers = 3

const NodePool = z.object({
  spec: z.object({ replicas: z.int().default(1), roles: z.array(z.string()).default(['broker']) })
})
/** Before node pools, Strimzi 0.46. */
const OldKafka = z.object({ spec: z.object({ kafka: z.object({ replicas: z.int() }) }) })

/** Those of the Kafka object, or as many as the copies of some topic; one without either. */
export function wantedBrokers(plan: Plan): number {
  const pools = plan.objects
    .filter(({ kind }) => kind === 'KafkaNodePool')
    .map(object => NodePool.parse(object).spec)
    .filter(({ roles }) => roles.includes('broker'))
    .map(({ replicas }) => replicas)
  const old = plan.objects
    .filter(({ kind }) => kind === 'Kafka')
    .flatMap(object => OldKafka.safeParse(object).data?.spec.kafka.replicas ?? [])
  const copies = wantedTopics(plan).map(({ replicas }) => replicas)
  const declared = pools.reduce((sum, replicas) => sum + replicas, 0)
  return Math.min(maxBrokers, Math.max(1, declared, ...old, ...copies))
}

/** Of a state folder; 0 before its first start. A cluster of controllers is not made larger or smaller by starting it otherwise. */
export async function formattedBrokers(directory: string): Promise<number> {
  const ids = Array.from({ length: maxBrokers }, (_, index) => index + 1)
  const isThere = (id: number) =>
    access(join(directory, `broker-${id}`, 'data', 'meta.properties')).then(
      () => true,
      () => false
    )
  return (await Promise.all(ids.map(isThere))).lastIndexOf(true) + 1
}

/** Kafka's defaults, which a cluster of fewer brokers cannot meet: https://kafka.apache.org/documentation/#brokerconfigs */
const copiesByDefault = {
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'share.coordinator.state.topic.replication.factor': 3,
  'share.coordinator.state.topic.min.isr': 2,
  'default.replication.factor': 1,
  'min.insync.replicas': 1
}
/** https://kafka.apache.org/documentation/#connectconfigs */
const copiesOfConnect = {
  'config.storage.replication.factor': 3,
  'offset.storage.replication.factor': 3,
  'status.storage.replication.factor': 3
}

export function withBrokers(config: Readonly<Record<string, string>>, brokers: number): Record<string, string> {
  return { ...config, ...atMost(copiesByDefault, config, brokers) }
}

export function withBrokersForConnect(
  config: Readonly<Record<string, string>>,
  brokers: number
): Record<string, string> {
  return { ...config, ...atMost(copiesOfConnect, config, brokers) }
}

function atMost(
  defaults: Readonly<Record<string, number>>,
  config: Readonly<Record<string, string>>,
  brokers: number
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, String(Math.min(Number(config[name] ?? value), brokers))])
  )
}
