// Sets a group back, which Kafka allows while it has no members.
import type { Admin } from 'kafkajs'
import { committedOffsets, logRanges } from '../../audit/log-offsets.ts'
import type { Group } from '../stage/group.ts'
import { planRewind, type Rewind, type Target } from './plan-rewind.ts'

/** Answers what was done, partition by partition. */
export async function rewindGroup(admin: Admin, group: Group, targets: readonly Target[]): Promise<Rewind[]> {
  const committed = await committedOffsets(admin, group.group, group.topics)
  const planned = planRewind(group, await logRanges(admin, group.topics), committed, targets)
  for (const topic of group.topics) {
    await admin.setOffsets({
      groupId: group.group,
      topic,
      partitions: planned
        .filter(one => one.topic === topic)
        .map(({ partition, to }) => ({ partition, offset: String(to) }))
    })
  }
  return planned
}

/** The first records that are not older. */
export async function targetsAt(admin: Admin, topics: readonly string[], time: Date): Promise<Target[]> {
  const targets = topics.map(async topic => {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime())
    return found.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
  })
  return (await Promise.all(targets)).flat()
}
