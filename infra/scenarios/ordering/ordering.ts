// Order follows the partition, and the partition follows the key.
import type { Narrator } from '../report/narrator.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage/stage.ts'
import { createTemporaryTopic, type ReadRecord, readTopic } from '../stage/temporary-topic.ts'

const partitions = 4
const students = ['ada', 'alan', 'barbara', 'edsger', 'grace']
/** Records in one request: small, so that a topic is written in many. */
const batch = 20

export const ordering: Scenario = {
  name: 'ordering',
  sentence: 'Updates with a key and without one over 4 partitions: who stays in order, and what a dead letter changes.',
  async run(stage, narrator) {
    const updates = stage.short ? 200 : 1_000
    narrator.step(`${updates} updates of ${students.length} students with the student as the key`)
    const keyed = await writeAndRead(stage, narrator, { name: 'keyed', updates, keyOf: student => student })
    narrator.claim('with a key no student is out of order', keyed === 0, `${keyed} pairs out of order`)

    narrator.step(`The same ${updates} updates without a key`)
    const unkeyed = await writeAndRead(stage, narrator, { name: 'unkeyed', updates, keyOf: () => null })
    narrator.claim('without one they are', unkeyed > 0, `${unkeyed} pairs out of order`)
    narrator.fact('outOfOrderPairs', { keyed, unkeyed })
  }
}

interface Run {
  readonly name: string
  readonly updates: number
  keyOf(student: string): string | null
}

async function writeAndRead(stage: Stage, narrator: Narrator, { name, updates, keyOf }: Run): Promise<number> {
  const topic = await createTemporaryTopic(stage, `ordering-${name}`, { partitions })
  const producer = stage.kafka.producer({ idempotent: true })
  stage.undo('the producer', () => producer.disconnect())
  await producer.connect()
  for (let first = 0; first < updates; first += batch) {
    const messages = Array.from({ length: Math.min(batch, updates - first) }, (_, index) => {
      const number = first + index
      const student = students[number % students.length] ?? ''
      const sequence = Math.floor(number / students.length) + 1
      return { key: keyOf(student), value: JSON.stringify({ student, sequence }) }
    })
    await producer.send({ topic, messages, acks: -1 })
  }
  const records = (await readTopic(stage, topic)).map(readUpdate)
  narrator.table(
    students.map(student => {
      const own = records.filter(record => record.student === student)
      return {
        STUDENT: student,
        UPDATES: own.length,
        PARTITIONS: [...new Set(own.map(({ partition }) => partition))].toSorted().join(', '),
        'OUT OF ORDER': outOfOrderPairs(own)
      }
    })
  )
  return students.reduce(
    (sum, student) => sum + outOfOrderPairs(records.filter(record => record.student === student)),
    0
  )
}

interface Update {
  readonly student: string
  readonly sequence: number
  readonly partition: number
}

function readUpdate({ partition, value }: ReadRecord): Update {
  const { student, sequence } = JSON.parse(value?.toString() ?? '{}') as { student: string; sequence: number }
  return { student, sequence, partition }
}

/** Neighbours of which the later one was written first. */
export function outOfOrderPairs(updates: readonly { readonly sequence: number }[]): number {
  return updates.filter(({ sequence }, index) => sequence < (updates[index - 1]?.sequence ?? 0)).length
}
