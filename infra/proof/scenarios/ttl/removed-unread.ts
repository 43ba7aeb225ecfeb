// The audit of a KafkaSource on this topic: it reads the group's commits and the log, and needs no function behind it.
import type { Finding } from '../../audit/finding.ts'
import { auditAtRest } from '../../audit/audit-at-rest.ts'
import type { Stage } from '../stage/stage.ts'

export async function findRemovedUnread(
  { kafka, endpoints, plan }: Stage,
  topic: string,
  consumerGroup: string
): Promise<Finding | undefined> {
  const [likeThis] = plan.kafkaSources
  if (!likeThis) throw new Error('There is no KafkaSource to go by')
  const source = { ...likeThis, name: 'scenario-ttl', topics: [topic], consumerGroup, extensions: { function: 'ttl' } }
  const { findings } = await auditAtRest({ kafka, endpoints, plan: { kafkaSources: [source], kafkaSinks: [] } })
  return findings.find(finding => finding.kind === 'removed-unread' && finding.topic === topic)
}
