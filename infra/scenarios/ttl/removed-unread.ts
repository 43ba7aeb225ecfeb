// The audit of a KafkaSource on this topic: it reads the group's commits and the log, and needs no function behind it.
import type { Finding } from '../../audit/finding.ts'
import { runAudit } from '../../audit/run-audit.ts'
import type { Stage } from '../stage/stage.ts'

export async function findRemovedUnread(
  { kafka, endpoints, plan }: Stage,
  topic: string,
  consumerGroup: string
): Promise<Finding | undefined> {
  const [likeThis] = plan.kafkaSources
  if (!likeThis) throw new Error('There is no KafkaSource to go by')
  const source = { ...likeThis, name: 'scenario-ttl', topics: [topic], consumerGroup, extensions: { function: 'ttl' } }
  const { findings } = await runAudit({
    kafka,
    databaseUrl: endpoints.postgres.url,
    plan: { kafkaSources: [source], kafkaSinks: [] },
    graceSeconds: 0,
    progress: () => undefined
  })
  return findings.find(finding => finding.kind === 'removed-unread' && finding.topic === topic)
}
