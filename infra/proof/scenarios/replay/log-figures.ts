// How much is in the topics, and how far the groups are behind. Asked again each time and quickly, as brokers come and go: who asks with what he
// knew before asks the brokers that led then.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { connectKafka } from '../../../knative-local/events.ts'
import type { Group } from '../stage/group.ts'

const answerTimeoutMs = 3_000

export interface LogFigures {
  /** Written to all topics of the groups so far, each topic once. */
  readonly records: number
  /** Records that a group has yet to commit, over all groups. */
  readonly lag: number
}

/** Null when Kafka does not say. */
export async function logFigures(bootstrap: string, groups: readonly Group[]): Promise<LogFigures | null> {
  const kafka = connectKafka(bootstrap.split(','), 'scenario-lag', {
    connectionTimeout: 500,
    requestTimeout: 1_000,
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 2 } // its first question fails while it knows no broker
  })
  const admin = kafka.admin()
  const answer = admin
    .connect()
    .then(() => ask(admin, groups))
    .catch(() => null)
  // Not before it has answered or failed: it would connect again.
  void answer.finally(() => admin.disconnect()).catch(() => undefined)
  return Promise.race([answer, sleep(answerTimeoutMs, null, { ref: false })])
}

async function ask(admin: Admin, groups: readonly Group[]): Promise<LogFigures> {
  let records = 0
  let lag = 0
  for (const topic of new Set(groups.flatMap(({ topics }) => topics))) {
    const ends = await admin.fetchTopicOffsets(topic)
    records += ends.reduce((sum, { high }) => sum + Number(high), 0)
    for (const { group } of groups.filter(({ topics }) => topics.includes(topic))) {
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      for (const { partition, low, high } of ends) {
        const offset = committed?.partitions.find(one => one.partition === partition)?.offset ?? '-1'
        lag += Number(high) - Math.max(Number(low), Number(offset))
      }
    }
  }
  return { records, lag }
}
