// A command, however it came: as a JSON body over HTTP, or as a CloudEvent with JSON or protobuf data.
// Both are read to the same plain object and checked by the same strict schema.
import { type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf'
import * as z from 'zod'
import { InvalidEvent } from '../errors.ts'
import type { FunctionRequest } from '../host/http-server.ts'
import { invalidFields, Problem } from '../host/problem.ts'
import { parseJson } from './json.ts'
import type { ReceivedEvent } from './received-event.ts'
import { protobufContentType } from './event-type.ts'

/** Text that a person typed: no control characters (PostgreSQL takes no NUL), no lone surrogates, not blank. */
export const line = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxLength)
    .refine(text => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must not hold control characters')

export const personName = line(200)
export const emailAddress = z.email('must be an email address').max(320)

/** @throws Problem 415 for another content type, 400 for a body that is no JSON or not the command */
export function readJsonCommand<Schema extends z.ZodType>(request: FunctionRequest, schema: Schema): z.infer<Schema> {
  const contentType = request.headers['content-type'] ?? ''
  if (!isJson(contentType)) {
    throw new Problem(
      415,
      'unsupported-content-type',
      'Unsupported content type',
      `content-type: ${contentType === '' ? 'missing' : 'not taken'}; send application/json`
    )
  }
  const parsed = schema.safeParse(readJson(request.body))
  if (!parsed.success) throw invalidFields(parsed.error)
  return parsed.data
}

/** Of a request without a body: the path's `id` and the query. @throws Problem 400 when they are not the command */
export function readQueryCommand<Schema extends z.ZodType>(
  { query }: FunctionRequest,
  schema: Schema,
  id: string
): z.infer<Schema> {
  const parsed = schema.safeParse({ ...Object.fromEntries(query), id })
  if (!parsed.success) throw invalidFields(parsed.error)
  return parsed.data
}

/** @throws InvalidEvent when the event is of another type, or its data is not the command */
export function readEventCommand<Schema extends z.ZodType>(
  event: ReceivedEvent,
  message: DescMessage,
  schema: Schema
): z.infer<Schema> {
  if (event.type !== message.typeName) {
    throw new InvalidEvent(`type ${event.type} is not taken here; expected ${message.typeName}`)
  }
  const parsed = schema.safeParse(decodeData(event, message))
  if (!parsed.success) throw new InvalidEvent(invalidFields(parsed.error).message)
  return parsed.data
}

function decodeData(event: ReceivedEvent, message: DescMessage): unknown {
  const contentType = event.contentType ?? 'application/json'
  try {
    if (isJson(contentType)) return parseJson(event.data)
    if (mediaType(contentType) !== protobufContentType)
      throw new InvalidEvent(`content type ${contentType} is not taken`)
    const decoded = fromBinary(message, event.data)
    if (decoded.$unknown !== undefined) throw new InvalidEvent('the data has unknown fields')
    return toJson(message, decoded)
  } catch (error) {
    if (error instanceof InvalidEvent) throw error
    throw new InvalidEvent(
      `data is not a ${message.typeName}: ${error instanceof Error ? error.message : String(error)}`
    )
  }
}

function readJson(body: Buffer): unknown {
  try {
    return parseJson(body)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new Problem(400, 'invalid-json', 'Invalid JSON', `the body is ${words}`)
  }
}

function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

function isJson(contentType: string): boolean {
  return /^application\/(json|[a-z0-9.-]+\+json)$/.test(mediaType(contentType))
}
