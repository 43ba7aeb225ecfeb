// Groups and topics as Kafka's own tools show them.
import type { Admin } from 'kafkajs'
import { committedOffsets, logRanges } from '../../audit/log-offsets.ts'
import type { Row } from '../report/narrator.ts'
import { stateOfGroup } from './group.ts'

/** As `kafka-consumer-groups --describe --group G`, over the partitions of `topics`. */
export async function describeGroup(admin: Admin, group: string, topics: readonly string[]): Promise<Row[]> {
  const [{ members }, ranges, committed] = await Promise.all([
    stateOfGroup(admin, group),
    logRanges(admin, topics),
    committedOffsets(admin, group, topics)
  ])
  return ranges.map(({ topic, partition, end }) => {
    const owner = members.find(({ partitions }) =>
      partitions.some(one => one.topic === topic && one.partition === partition)
    )
    const offset = committed.get(`${topic}/${partition}`)
    return {
      GROUP: group,
      TOPIC: topic,
      PARTITION: partition,
      'CURRENT-OFFSET': offset ?? null,
      'LOG-END-OFFSET': end,
      LAG: offset === undefined ? null : end - offset,
      'CONSUMER-ID': owner?.memberId ?? null,
      HOST: owner?.clientHost ?? null,
      'CLIENT-ID': owner?.clientId ?? null
    }
  })
}

/** As `kafka-topics --describe --topic T`. */
export async function describeTopic(admin: Admin, topic: string): Promise<Row[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return (topics[0]?.partitions ?? [])
    .toSorted((a, b) => a.partitionId - b.partitionId)
    .map(({ partitionId, leader, replicas, isr }) => ({
      Topic: topic,
      Partition: partitionId,
      Leader: leader === -1 ? 'none' : String(leader),
      Replicas: replicas.join(','),
      Isr: isr.toSorted((a, b) => a - b).join(',')
    }))
}
