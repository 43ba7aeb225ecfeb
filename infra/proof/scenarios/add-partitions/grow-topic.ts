// Two partitions more for a running topic, by an edit of its YAML; and who notices when.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../../../knative-local/testing.ts'
import { type Group, untilShared } from '../stage/group.ts'
import type { Stage } from '../stage/stage.ts'
import { declaredPartitions, withPartitions } from './topic-yaml.ts'

export interface TopicYaml {
  /** As the file said when it was opened. */
  readonly declared: number
  /** As it says now. */
  read(): Promise<number>
  edit(partitions: number): Promise<void>
  /** What Kafka has made of it in between stays: partitions cannot be taken away. */
  putBack(): Promise<void>
}

/** Put back with the scenario, if not before. */
export async function openTopicYaml({ endpoints, undo }: Stage, topic: string): Promise<TopicYaml> {
  const file = join(endpoints.manifestRoot, topicsFile)
  const read = async (): Promise<number> => declaredPartitions(await readFile(file, 'utf8'), topic)
  const declared = await read()
  const edit = async (partitions: number): Promise<void> => {
    const text = await readFile(file, 'utf8')
    if (declaredPartitions(text, topic) !== partitions) await writeFile(file, withPartitions(text, topic, partitions))
  }
  undo(topicsFile, () => edit(declared))
  return { declared, read, edit, putBack: () => edit(declared) }
}

export const topicsFile = 'infra/kafka/topics.yaml'

/** Since the file was written. */
export interface NoticedAfterMs {
  readonly kafka: number
  readonly readers: number
  readonly writer: number
}

const timeoutMs = 60_000

/** Something must be written to the topic all the while, by keys that go everywhere. */
export async function growTopic(
  stage: Stage,
  { topic, before, after }: { readonly topic: string; readonly before: number; readonly after: number },
  { yaml, groups, member }: { readonly yaml: TopicYaml; readonly groups: readonly Group[]; readonly member: string }
): Promise<NoticedAfterMs> {
  const { admin, signal } = stage
  await yaml.edit(after)
  const editedAtMs = performance.now()
  const timed = async (noticed: Promise<void>): Promise<number> => {
    await noticed
    return performance.now() - editedAtMs
  }
  const there = until(
    `Kafka to have ${after} partitions of ${topic}`,
    timeoutMs,
    async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.length === after
    },
    { signal }
  )
  const [kafka, readers, writer] = await Promise.all([
    timed(there),
    timed(there.then(() => untilShared(stage, groups, [member]))),
    timed(
      there.then(() =>
        until(
          `records in the new partitions of ${topic}`,
          timeoutMs,
          async () => {
            const ends = await admin.fetchTopicOffsets(topic)
            return ends.some(({ partition, high }) => partition >= before && Number(high) > 0)
          },
          { signal }
        )
      )
    )
  ])
  return { kafka, readers, writer }
}
