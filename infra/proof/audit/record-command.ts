// `npm run local -- record TOPIC/PARTITION@OFFSET`: one record as it is in Kafka, and sent again to a function on request.
import { createDecoder } from '../../../functions/deadLetterReplay/decode-data.ts'
import { sendEvent } from '../../../functions/deadLetterReplay/send-event.ts'
import { NotACloudEvent, readEvent } from '../../../functions/runtime/events/received-event.ts'
import { type KafkaRecord, timeOfRecord } from '../../knative-local/events.ts'
import { readEndpoints, stateDirectoryOf } from '../../knative-local/index.ts'
import { exitStatus, print, printError, UsageError, oneLine } from '../../knative-local/command-line.ts'
import { readAddresses, type RecordFlags } from './arguments.ts'
import { kafkaClient } from './kafka-client.ts'
import { readRecord } from './read-record.ts'

const sendTimeoutMs = 30_000

/** Returns the exit status. */
export async function showRecord(place: string, flags: RecordFlags): Promise<number> {
  try {
    const at = readPlace(place)
    const kafka = await kafkaClient((await readAddresses(flags, process.env)).kafka)
    const found = await readRecord(kafka, at)
    if (found === undefined) {
      printError(`${place} is not in Kafka: never written, or removed by retention`)
      return exitStatus.failed
    }
    const shown = await describe(found)
    print(flags.json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2))
    return flags.to === undefined ? exitStatus.done : await send(found, await urlOf(flags.to, flags.state))
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error))
    return exitStatus.wrongUsage
  }
}

/** As the audit and the data plane's messages write it. @throws UsageError */
export function readPlace(place: string): {
  readonly topic: string
  readonly partition: number
  readonly offset: number
} {
  const [, topic, partition, offset] = /^(.+)\/(\d+)[/@](\d+)$/.exec(place) ?? []
  if (topic === undefined) throw new UsageError(`${place} is no record: say TOPIC/PARTITION@OFFSET`)
  return { topic, partition: Number(partition), offset: Number(offset) }
}

/** As a function reads it. @throws NotACloudEvent */
export function eventOf({ headers, value }: KafkaRecord) {
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
    headers: shownHeaders(headers),
    data: await decode(record),
    base64: record.value?.toString('base64') ?? null
  }
}

/** By name; a name that comes more than once has its values in a list, in the record's order. */
export function shownHeaders(headers: KafkaRecord['headers']): Record<string, unknown> {
  const byName = Map.groupBy(headers, ([name]) => name)
  return Object.fromEntries(
    Array.from(byName, ([name, all]) => {
      const values = all.map(([, value]) => value?.toString('utf8') ?? null)
      return [name, values.length === 1 ? values[0] : values]
    })
  )
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
  printError(oneLine(`${url}: ${outcome}${status === null ? '' : ` (${status})`} ${detail}`))
  return outcome === 'done' ? 0 : 1
}
