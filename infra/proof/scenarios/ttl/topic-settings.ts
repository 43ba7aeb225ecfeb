// Settings of brokers and topics, as `kafka-configs` shows and changes them.
import kafkajs from 'kafkajs'
import { z } from 'zod'
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from '../stage/stage.ts'

const { ConfigResourceTypes } = kafkajs
const timeoutMs = 20_000

/** How often the brokers look for segments to remove. */
export async function retentionCheckMs({ admin, endpoints }: Stage): Promise<number> {
  const broker = String(endpoints.kafka.brokers[0]?.id)
  return z.coerce
    .number()
    .parse(await setting(admin, ConfigResourceTypes.BROKER, broker, 'log.retention.check.interval.ms'))
}

/** From now on the topic keeps all that it has. */
export async function stopRetention({ admin, signal }: Stage, topic: string): Promise<void> {
  const configEntries = [{ name: 'retention.ms', value: '-1' }]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
  })
  await until(
    `retention of ${topic} to be off`,
    timeoutMs,
    async () => (await setting(admin, ConfigResourceTypes.TOPIC, topic, 'retention.ms')) === '-1',
    { signal }
  )
}

async function setting(
  admin: Stage['admin'],
  type: kafkajs.ConfigResourceTypes,
  name: string,
  configName: string
): Promise<string | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name, configNames: [configName] }]
  })
  return resources[0]?.configEntries.find(entry => entry.configName === configName)?.configValue
}
