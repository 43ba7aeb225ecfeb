// From which offset to which a group is set back, partition by partition.
import type { LogRange } from '../../audit/log-offsets.ts'
import type { Group } from '../stage/group.ts'

export interface Target {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface Rewind {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** To be delivered again. */
  readonly records: number
}

/** Never forward, and never before what retention has left. A partition without a target stays where it is. */
export function planRewind(
  { group, topics }: Group,
  ranges: readonly LogRange[],
  committed: ReadonlyMap<string, number>,
  targets: readonly Target[]
): Rewind[] {
  return ranges
    .filter(({ topic }) => topics.includes(topic))
    .map(({ topic, partition, start }) => {
      const from = committed.get(`${topic}/${partition}`) ?? start
      const target = targets.find(one => one.topic === topic && one.partition === partition)?.offset ?? from
      const to = Math.max(start, Math.min(from, target))
      return { group, topic, partition, from, to, records: Math.max(0, from - to) }
    })
}
