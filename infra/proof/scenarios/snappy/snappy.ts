// What compression saves on disk and costs in time: the same records with each of Kafka's codecs.
import type { Narrator } from '../report/narrator.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage/stage.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'
import { type BatchCounts, type Codec, codecs, countDecompressed } from './codecs.ts'
import { bytesOnDisk } from './log-dirs.ts'
import { type Payload, payloads, recordsPerRequest, studentRecords } from './student-records.ts'
import { type Measured, writeAndRead } from './write-and-read.ts'

const replicas = 3
const warmUpRecords = 1_000
/** The log keeps batches as they came. */
const config = { 'compression.type': 'producer' }

export const snappy: Scenario = {
  name: 'snappy',
  sentence: 'The same records with none, gzip, snappy, lz4 and zstd: bytes on disk, and how fast they go in and out.',
  async run(stage, narrator) {
    const records = stage.short ? 1_000 : 20_000
    narrator.step(`${grouped(records)} StudentUpdated events, five codecs`)
    narrator.say(
      `As Debezium writes them: protobuf, the attributes in headers, ids and traceparent random; and once more with JSON for data. A batch of ${recordsPerRequest} records is compressed ` +
        `as one; with compression.type=producer it stays so in the log, for all replicas and every consumer. gzip and zstd are Node's own, snappy is kafkajs-snappy, lz4 is lz4-napi.`
    )
    const measured = await measure(stage, records)
    show(narrator, measured, records)
    judge(narrator, measured, records)
    narrator.fact('codecs', measured)
  }
}

type OnDisk = Measured & {
  /** Of all replicas. */
  readonly bytesOnDisk: number
}

async function measure(stage: Stage, count: number): Promise<OnDisk[]> {
  const decompressed = countDecompressed(stage)
  await warmUp(stage, decompressed)
  const measured: Measured[] = []
  for (const payload of payloads) {
    const records = studentRecords(payload, count)
    const topics = await Promise.all(
      codecs.map(codec => createTemporaryTopic(stage, `snappy-${payload}-${codec}`, { partitions: 1, config }))
    )
    for (const [index, codec] of codecs.entries()) {
      const topic = topics[index] ?? ''
      measured.push(await writeAndRead(stage, { topic, payload, codec, records, decompressed }))
    }
  }
  const topics = measured.map(({ topic }) => topic)
  const bytes = await bytesOnDisk(stage, topics)
  return measured.map(one => ({ ...one, bytesOnDisk: bytes.get(one.topic) ?? Number.NaN }))
}

/** Not measured: the first requests pay for connections, metadata and code that is not compiled yet. */
async function warmUp(stage: Stage, decompressed: BatchCounts): Promise<void> {
  const records = studentRecords('JSON', warmUpRecords)
  for (const codec of codecs) {
    const topic = await createTemporaryTopic(stage, `snappy-warm-up-${codec}`, { partitions: 1, config })
    await writeAndRead(stage, { topic, payload: 'JSON', codec, records, decompressed })
  }
}

function show(narrator: Narrator, measured: readonly OnDisk[], records: number): void {
  narrator.table(
    measured.map(({ payload, codec, bytesOnDisk: bytes, written, read }) => ({
      DATA: payload,
      CODEC: codec,
      'BYTES ON DISK': bytes,
      'OF NONE, %': (bytes / bytesOf(measured, payload, 'none')) * 100,
      'BYTES A RECORD': Math.round(bytes / replicas / records),
      'IN, records/s': Math.round(written.recordsPerSecond),
      'IN, MB/s': written.megabytesPerSecond,
      'OUT, records/s': Math.round(read.recordsPerSecond),
      'OUT, MB/s': read.megabytesPerSecond
    }))
  )
  narrator.say(
    `Bytes on disk are those of all ${replicas} replicas, by kafka-log-dirs; a record's are of one. MB/s are of keys, values and headers before compression, and rates are those of this machine at this moment. ` +
      `Most of a record is its attributes, which repeat: what is left after compression is what is random.`
  )
}

function judge(narrator: Narrator, measured: readonly OnDisk[], records: number): void {
  const same = sum(measured.map(one => one.same))
  narrator.claim(
    'every record comes back byte for byte with every codec',
    same === records * measured.length,
    `${grouped(same)} of ${grouped(records * measured.length)} records`
  )
  const asWritten = measured.filter(({ codec, batches }) =>
    codecs.every(one => (one === codec && one !== 'none' ? batches[one] > 0 : batches[one] === 0))
  )
  narrator.claim(
    'every batch is stored with the codec it was written with',
    asWritten.length === measured.length,
    `${sum(measured.flatMap(({ batches }) => Object.values(batches)))} compressed batches, by their headers; ${asWritten.length} of ${measured.length} topics`
  )
  const saved = payloads.map(payload => 1 - bytesOf(measured, payload, 'snappy') / bytesOf(measured, payload, 'none'))
  narrator.claim(
    'snappy takes fewer bytes than none',
    saved.every(share => share > 0),
    payloads.map((payload, index) => `${((saved[index] ?? 0) * 100).toFixed(1)} % fewer with ${payload}`).join(', ')
  )
  const [protobuf, json] = [bytesOf(measured, 'protobuf', 'none'), bytesOf(measured, 'JSON', 'none')]
  narrator.claim(
    'without compression protobuf takes fewer bytes than JSON',
    protobuf < json,
    `${grouped(protobuf)} and ${grouped(json)}`
  )
}

function bytesOf(measured: readonly OnDisk[], payload: Payload, codec: Codec): number {
  return measured.find(one => one.payload === payload && one.codec === codec)?.bytesOnDisk ?? Number.NaN
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
const grouped = (count: number) => count.toLocaleString('en-GB')
