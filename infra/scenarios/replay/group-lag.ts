// How far the functions' groups are behind. Asked anew each time and quickly, as brokers come and go: who asks with what he
// knew before asks the brokers that led then.
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { committedOffsets, logRanges } from '../../audit/log-offsets.ts'
import type { Group } from '../stage/group.ts'

const answerTimeoutMs = 3_000

/** Records; null when Kafka does not tell. */
export async function groupLag(bootstrap: string, groups: readonly Group[]): Promise<number | null> {
  const kafka = new kafkajs.Kafka({
    clientId: 'scenario-lag',
    brokers: bootstrap.split(','),
    connectionTimeout: 500,
    requestTimeout: 1_000,
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING
  })
  const admin = kafka.admin()
  const answer = admin.connect().then(async () => {
    const lags = await Promise.all(
      groups.map(async ({ group, topics }) => {
        const committed = await committedOffsets(admin, group, topics)
        const ranges = await logRanges(admin, topics)
        return ranges.map(({ topic, partition, start, end }) =>
          Math.max(0, end - Math.max(start, committed.get(`${topic}/${partition}`) ?? 0))
        )
      })
    )
    return lags.flat().reduce((sum, lag) => sum + lag, 0)
  })
  const given = await Promise.race([answer.catch(() => null), sleep(answerTimeoutMs, null)])
  await admin.disconnect().catch(() => undefined)
  return given
}
