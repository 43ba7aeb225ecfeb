// Records are written all the while, and the partition's log start follows them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row, Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'

export interface Watch {
  readonly topic: string
  readonly retentionMs: number
  readonly checkMs: number
  /** Times that Kafka removes something before the watch ends. */
  readonly removals: number
}

/** Sent as one batch. Kafka removes whole segments, which hold whole batches, so that the log start only ever stands between two waves. */
export const recordsPerWave = 100
const waveMs = 1_000
/** Between rows of the table; each removal has a row as well. */
const rowMs = 4_000
/** Beyond what the settings promise, for a busy machine. */
const patienceMs = 60_000

interface Removal {
  readonly records: number
  /** Of the youngest record that was removed. */
  readonly ageMs: number
}

export async function watchRetention(
  { kafka, admin, undo, signal }: Stage,
  narrator: Narrator,
  { topic, retentionMs, checkMs, removals: wanted }: Watch
): Promise<void> {
  const producer = kafka.producer({ idempotent: true })
  undo(`the producer of ${topic}`, () => producer.disconnect())
  await producer.connect()
  const began = Date.now()
  const deadline = began + retentionMs + wanted * checkMs + patienceMs
  const rows: Row[] = []
  const removals: Removal[] = []
  /** When each wave was about to be written: no record of it is older. */
  const wroteAt: number[] = []
  const ageOf = (offset: number) => Date.now() - (wroteAt[Math.floor(offset / recordsPerWave)] ?? Date.now())
  let [low, high, shownAt] = [0, 0, -Infinity]
  while (removals.length < wanted && Date.now() < deadline) {
    wroteAt.push(Date.now())
    const value = JSON.stringify({ wave: wroteAt.length })
    await producer.send({ topic, acks: -1, messages: Array.from({ length: recordsPerWave }, () => ({ value })) })
    const [offsets] = await admin.fetchTopicOffsets(topic)
    const [start, end] = [Number(offsets?.low), Number(offsets?.high)]
    if (start > low) removals.push({ records: start - low, ageMs: ageOf(start - 1) })
    if (start > low || Date.now() - shownAt >= rowMs) {
      rows.push({
        'AFTER, s': Math.round((Date.now() - began) / 1_000),
        WRITTEN: wroteAt.length * recordsPerWave,
        'LOG-START-OFFSET': start,
        'LOG-END-OFFSET': end,
        KEPT: end - start,
        'OLDEST, s': Math.round(ageOf(start) / 1_000),
        REMOVED: start > low ? start - low : null
      })
      shownAt = Date.now()
    }
    ;[low, high] = [start, end]
    await sleep(waveMs, undefined, { signal })
  }
  narrator.table(rows)

  const written = wroteAt.length * recordsPerWave
  const youngestMs = Math.min(...removals.map(({ ageMs }) => ageMs))
  narrator.claim(
    'the log start moves on automatically',
    removals.length >= wanted,
    `${low.toLocaleString('en-GB')} records removed in ${removals.length === 1 ? 'one pass' : `${removals.length} passes`}`
  )
  narrator.claim(
    'no record is removed before its time',
    removals.length > 0 && youngestMs >= retentionMs,
    removals.length > 0 ? `the youngest of them was ${(youngestMs / 1_000).toFixed(1)} s old` : 'none is removed'
  )
  narrator.claim(
    'offsets are not used again',
    high === written,
    `the log ends at ${high.toLocaleString('en-GB')} after ${written.toLocaleString('en-GB')} records`
  )
  narrator.fact('retention', { retentionMs, checkMs, written, removals })
}
