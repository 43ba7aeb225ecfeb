// Sends a record to a function once more, as it is.
import { z } from 'zod'
import { sendEvent } from '../../../functions/deadLetterReplay/send-event.ts'
import { readRecord } from '../../proof/audit/read-record.ts'
import { eventOf } from '../../proof/audit/record-command.ts'
import { defineAction, Refused } from './action.ts'

const timeoutMs = 30_000

export const sendAgain = defineAction({
  input: z.object({ topic: z.string(), partition: z.number().int(), offset: z.number().int(), function: z.string() }),
  async run(sources, { function: name, ...place }) {
    const url = await sources.functionUrl(name)
    if (url === undefined)
      throw new Refused(`The address of ${name} is unknown. Start the console with --function ${name}=URL.`)
    const record =
      sources.records.find(place.topic, place.partition, place.offset)?.raw ?? (await readRecord(sources.kafka, place))
    if (record === undefined) throw new Refused('The record is not in Kafka any more.')
    const to = name === 'deadLetterReplay' ? `${url}/dead-letters` : url // its root takes commands
    return sendEvent(to, eventOf(record), timeoutMs, new AbortController().signal)
  }
})
