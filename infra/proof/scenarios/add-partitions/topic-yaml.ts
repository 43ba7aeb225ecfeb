// spec.partitions of one KafkaTopic, read and changed in the text of its file: all else stays as somebody wrote it.
import { isScalar, parseAllDocuments } from 'yaml'

/** @throws when no KafkaTopic in the text is this topic */
export function declaredPartitions(text: string, topic: string): number {
  return Number(text.slice(...rangeOf(text, topic)))
}

export function withPartitions(text: string, topic: string, partitions: number): string {
  const [start, end] = rangeOf(text, topic)
  return `${text.slice(0, start)}${partitions}${text.slice(end)}`
}

function rangeOf(text: string, topic: string): [number, number] {
  for (const document of parseAllDocuments(text)) {
    const name = document.getIn(['spec', 'topicName']) ?? document.getIn(['metadata', 'name'])
    if (document.get('kind') !== 'KafkaTopic' || name !== topic) continue
    const partitions = document.getIn(['spec', 'partitions'], true)
    if (isScalar(partitions) && partitions.range) return [partitions.range[0], partitions.range[1]]
  }
  throw new Error(`No KafkaTopic says how many partitions ${topic} has.`)
}
