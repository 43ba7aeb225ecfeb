// Order follows the partition, and the partition follows the key; behind a dead letter it follows the fence.
import type { Narrator } from '../report/narrator.ts'
import type { Scenario } from '../scenario.ts'
import { deadLetterInTheMiddle } from './dead-letter-in-the-middle.ts'
import { outOfOrderPairs, pairsOf } from './out-of-order.ts'
import { type MetUpdate, partitions, students, writeWhileRead } from './write-while-read.ts'

export const ordering: Scenario = {
  name: 'ordering',
  sentence: 'Updates with a key and without one over 4 partitions: who stays in order, and what a dead letter changes.',
  async run(stage, narrator) {
    const updates = stage.short ? 200 : 1_000
    const count = updates.toLocaleString('en-GB')
    narrator.step(`${count} updates of ${students.length} students, the student as the key`)
    narrator.say(
      `A group of two members reads the topic while it is written. A key always goes to the same partition, and a partition has one reader; ` +
        `a pair is out of order when a student's later update is met before an earlier one.`
    )
    const keyed = show(narrator, await writeWhileRead(stage, { name: 'keyed', updates, keyOf: student => student }))
    narrator.claim(
      'with a key each student has one partition',
      keyed.every(({ used }) => used === 1),
      `${keyed.filter(({ used }) => used === 1).length} of ${students.length} students`
    )
    narrator.claim(
      'and no update is met before an earlier one',
      total(keyed) === 0,
      `${total(keyed)} pairs out of order`
    )

    narrator.step(`The same ${count} updates without a key`)
    narrator.say(
      "The producer here, kafkajs, deals them out to the partitions in turn. Kafka's own fills a batch for one partition and then takes another one (KIP-480, KIP-794). Either way nothing orders one partition with another."
    )
    const unkeyed = show(narrator, await writeWhileRead(stage, { name: 'unkeyed', updates, keyOf: () => null }))
    narrator.claim(
      'without a key the updates of a student are spread',
      unkeyed.every(({ used }) => used > 1),
      `${unkeyed.filter(({ used }) => used > 1).length} of ${students.length} students on several partitions`
    )
    narrator.claim('and they are met out of order', total(unkeyed) > 0, `${total(unkeyed)} pairs out of order`)
    narrator.fact('outOfOrderPairs', { keyed: total(keyed), unkeyed: total(unkeyed) })

    await deadLetterInTheMiddle(stage, narrator)
  }
}

interface StudentOrder {
  /** Partitions with updates of this student. */
  readonly used: number
  readonly outOfOrder: number
}

function show(narrator: Narrator, met: readonly MetUpdate[]): StudentOrder[] {
  const shown = students.map(student => {
    const own = met.filter(update => update.student === student)
    const counts = Array.from(
      { length: partitions },
      (_, partition) => own.filter(update => update.partition === partition).length
    )
    const outOfOrder = outOfOrderPairs(own.map(({ sequence }) => sequence))
    const row = {
      STUDENT: student,
      UPDATES: own.length,
      ...Object.fromEntries(counts.map((count, partition) => [`PARTITION ${partition}`, count === 0 ? null : count])),
      'READ BY MEMBER': [...new Set(own.map(({ member }) => member))].toSorted().join(', '),
      'PAIRS OUT OF ORDER': outOfOrder,
      'OF PAIRS': pairsOf(own.length)
    }
    return { row, used: counts.filter(count => count > 0).length, outOfOrder }
  })
  narrator.table(shown.map(({ row }) => row))
  return shown
}

function total(orders: readonly StudentOrder[]): number {
  return orders.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0)
}
