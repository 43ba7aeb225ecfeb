// Lives of a data plane that end at any moment, without Kafka: each begins where the one before had committed.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AssignedPartition } from './assigned-partition.ts'
import { RecordFlow } from './record-flow.ts'

const RECORDS = 30

interface Life {
  /** Deliveries that end before the kill, and which of those under way each time. */
  readonly ends: readonly number[]
  /** Whether the commit timer struck before the kill. */
  readonly commits: boolean
}

const lives = fc.array(fc.record<Life>({ ends: fc.array(fc.nat(60), { maxLength: 20 }), commits: fc.boolean() }), {
  maxLength: 8
})

/** Delivers from `committed` on and ends as asked; everything, in the end, when there is no kill. */
async function live(
  ordering: 'ordered' | 'unordered',
  committed: number,
  life: Life | undefined,
  delivered: number[]
): Promise<number> {
  const underWay: (() => void)[] = []
  const partition = new AssignedPartition({ topic: 't', partition: 0 }, committed, {
    pause: () => {},
    resume: () => {}
  })
  const flow = new RecordFlow(ordering, async ({ offset }) => {
    delivered.push(offset)
    await new Promise<void>(end => underWay.push(end))
  })
  flow.add(partition)
  for (let offset = committed; offset < RECORDS; offset++) {
    partition.push({ topic: 't', partition: 0, offset, timestampMs: 0n, key: null, value: null, headers: [] })
  }
  flow.start(partition)
  const ends = life?.ends ?? Array.from({ length: RECORDS }, () => 0)
  for (const end of ends) {
    const [finish] = underWay.splice(end % Math.max(1, underWay.length), 1)
    finish?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  const reached = partition.tracker.committable
  flow.remove(partition)
  return life?.commits === false ? committed : reached
}

test.each(['ordered', 'unordered'] as const)(
  '%s: whenever it is killed, every record is delivered in the end',
  async ordering => {
    await fc.assert(
      fc.asyncProperty(lives, async killed => {
        const delivered: number[] = []
        let committed = 0
        for (const life of [...killed, undefined]) {
          const next = await live(ordering, committed, life, delivered)
          expect(next).toBeGreaterThanOrEqual(committed)
          committed = next
        }
        expect(committed).toBe(RECORDS)
        const first = [...new Set(delivered)]
        // Ordered, the first deliveries come in the order of the records.
        const compared = ordering === 'ordered' ? first : first.toSorted((a, b) => a - b)
        expect(compared).toEqual(Array.from({ length: RECORDS }, (_, offset) => offset))
      }),
      { numRuns: 50 }
    )
  }
)
