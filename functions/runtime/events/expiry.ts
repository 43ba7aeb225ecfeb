// Time to live of one message: the CloudEvents attribute `expirytime`, after which its sender no longer wants it.
// https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/expirytime.md
//
// Commands honour it: one that comes too late is a dead letter, so that nothing is dropped without a word. Events of an
// entity do not: they say what has happened, and one left out would hold back all that follows it.
import * as z from 'zod'
import { InvalidEvent } from '../errors.ts'
import type { ReceivedEvent } from './received-event.ts'

const Timestamp = z.iso.datetime({ offset: true })

/** @throws InvalidEvent when it is there and no timestamp of RFC 3339 */
export function expiryOf({ attributes: { expirytime } }: ReceivedEvent): Date | undefined {
  if (expirytime === undefined) return undefined
  const timestamp = Timestamp.safeParse(expirytime.toUpperCase()) // RFC 3339 allows t and z
  if (!timestamp.success) throw new InvalidEvent(`expirytime ${expirytime} is not a timestamp`)
  return new Date(timestamp.data)
}
