// `npm run local -- record TOPIC/PARTITION/OFFSET`: one record as it is in Kafka, and sent again to a function on request.
import { parseArgs } from 'node:util'
import type { Kafka } from 'kafkajs'
import { createDecoder } from '../../../functions/deadLetterReplay/decode-data.ts'
import { sendEvent } from '../../../functions/deadLetterReplay/send-event.ts'
import { NotACloudEvent, readEvent } from '../../../functions/runtime/events/received-event.ts'
import type { KafkaRecord } from '../../knative-local/dataplane/record.ts'
import { timeOfRecord } from '../../knative-local/dataplane/timestamp.ts'
import { readEndpoints } from '../../knative-local/endpoints.ts'
import { stateDirectoryOf } from '../../knative-local/cli/settings.ts'
import { addressFlags, addressUsage, parse, readAddresses, UsageError } from './arguments.ts'
import { kafkaClient } from './kafka-client.ts'
import { logRanges } from './log-offsets.ts'
import { readLog } from './read-log.ts'

const usage = `npm run local -- record TOPIC/PARTITION/OFFSET [--to FUNCTION | --to URL] [--json]

  Shows the record: attributes, and the data decoded. With --to it is sent to a function as well, same id and source: a
  function that has applied it already does nothing.

${addressUsage}

Exit status: 0 shown (and taken), 1 there is no such record, or the function did not take it, 2 wrong flags.`

const sendTimeoutMs = 30_000

export async function recordCommand(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    const { values, positionals } = parse(() =>
      parseArgs({ args: [...args], allowPositionals: true, options: { ...addressFlags, to: { type: 'string' } } })
    )
    if (values.help) {
      process.stdout.write(`${usage}\n`)
      return 0
    }
    const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(positionals[0] ?? '') ?? []
    if (topic === undefined || positionals.length !== 1) throw new UsageError('say which: TOPIC/PARTITION/OFFSET')
    const kafka = await kafkaClient((await readAddresses(values, process.env)).kafka)
    const record = await readRecord(kafka, { topic, partition: Number(partition), offset: Number(offset) })
    if (record === undefined) {
      process.stderr.write(`${positionals[0]} is not in Kafka: never written, or removed by retention\n`)
      return 1
    }
    const shown = await describe(record)
    process.stdout.write(`${values.json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2)}\n`)
    return values.to === undefined ? 0 : await send(record, await urlOf(values.to, values.state))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof UsageError) process.stderr.write(`\n${usage}\n`)
    return 2
  }
}

async function readRecord(
  kafka: Kafka,
  at: { readonly topic: string; readonly partition: number; readonly offset: number }
): Promise<KafkaRecord | undefined> {
  const admin = kafka.admin()
  await admin.connect()
  const ranges = await logRanges(admin, [at.topic]).finally(() => admin.disconnect())
  const range = ranges.find(({ partition }) => partition === at.partition)
  if (range === undefined || at.offset < range.start || at.offset >= range.end) return undefined
  let found: KafkaRecord | undefined
  await readLog(kafka, [{ ...range, start: at.offset, end: at.offset + 1 }], async records => {
    found = records.find(({ offset }) => offset === at.offset) ?? found
  })
  return found
}

function eventOf({ headers, value }: KafkaRecord) {
  const http = Object.fromEntries(
    headers.map(([name, text]) => [name.replace(/^ce_/, 'ce-'), text?.toString('utf8') ?? ''])
  )
  return readEvent(http, value ?? Buffer.alloc(0))
}

async function describe(record: KafkaRecord): Promise<object> {
  const { topic, partition, offset, timestampMs, key, headers } = record
  return {
    topic,
    partition,
    offset,
    writtenAt: timeOfRecord(timestampMs),
    key: key?.toString('utf8') ?? null,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, value?.toString('utf8') ?? null])),
    data: await decode(record),
    base64: record.value?.toString('base64') ?? null
  }
}

/** Null for a record that is no CloudEvent: then only its bytes are known. */
async function decode(record: KafkaRecord): Promise<unknown> {
  try {
    const { attributes, data } = eventOf(record)
    return await createDecoder(undefined)(attributes, data)
  } catch (error) {
    if (error instanceof NotACloudEvent) return null
    throw error
  }
}

async function urlOf(to: string, state: string | undefined): Promise<string> {
  if (URL.canParse(to)) return to
  const endpoints = await readEndpoints(stateDirectoryOf(state, process.env))
  const url = endpoints?.functions[to]?.url
  if (url === undefined) throw new UsageError(`${to} is neither a URL nor a function of the running stack`)
  return to === 'deadLetterReplay' ? `${url}/dead-letters` : url // its root takes commands
}

async function send(record: KafkaRecord, url: string): Promise<0 | 1> {
  const { outcome, status, detail } = await sendEvent(url, eventOf(record), sendTimeoutMs, new AbortController().signal)
  process.stderr.write(`${url}: ${outcome}${status === null ? '' : ` (${status})`} ${detail}\n`)
  return outcome === 'done' ? 0 : 1
}
