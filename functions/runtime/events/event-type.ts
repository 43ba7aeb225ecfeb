// A type of event: its name, how its data is encoded, and how the data says which entity it is about. A function names the
// types that it accepts and publishes, and gets their data typed.
import {
  create,
  fromBinary,
  type JsonValue,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson
} from '@bufbuild/protobuf'
import type { GenMessage } from '@bufbuild/protobuf/codegenv2'
import type * as z from 'zod'
import { type Position, positionOf } from '../delivery/position.ts'
import { InvalidEvent } from '../errors.ts'
import { invalidFields } from '../host/problem.ts'
import { parseJson } from './json.ts'
import type { ReceivedEvent } from './received-event.ts'

export interface EventType<Data = unknown, Input = Data> {
  /** The CloudEvents `type`. */
  readonly type: string
  readonly contentType: string
  /** The lowest sequence that an event of this type has in its entity's order; 2 where something else always comes first. */
  readonly firstSequence: number
  /** What a publisher writes, as what a reader gets. @throws when it is not this type's */
  create(input: Input): Data
  encode(data: Data): Buffer
  /** @throws InvalidEvent when the bytes are not this type's */
  decode(bytes: Buffer): Data
  /** For people and for searching; undefined where the bytes cannot be decoded. */
  asJson(bytes: Buffer): JsonValue | undefined
  /** What the data says of its place; undefined for a type whose data says nothing of it. */
  positionIn(data: Data): Position | undefined
  /** Of a protobuf type: the message, for the schema registry. */
  readonly message?: GenMessage<Message>
}

/** The data of one of several event types, as a reader gets it: what a publisher may leave out is there. */
export type DataOf<Types extends readonly EventType[]> = ReturnType<Types[number]['decode']>

/** An event of an accepted type, decoded and checked against its own attributes. */
export interface TypedEvent<Data> {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  /** RFC 3339. */
  readonly time: string
  readonly data: Data
  readonly attributes: ReceivedEvent['attributes']
}

interface EntityOf<Data> {
  /** The entity and the sequence that the data names. An event whose attributes say something else is refused. */
  readonly entity?: (data: Data) => { readonly id: string; readonly sequence: number }
  readonly firstSequence?: number
}

export const protobufContentType = 'application/protobuf'
export const jsonContentType = 'application/json'

/** An event whose data is a protobuf message; the message's full name is the type. */
export function protobufEvent<M extends Message>(
  message: GenMessage<M>,
  { entity, firstSequence = 1 }: EntityOf<MessageShape<GenMessage<M>>> = {}
): EventType<MessageShape<GenMessage<M>>, MessageInitShape<GenMessage<M>>> {
  return {
    type: message.typeName,
    contentType: protobufContentType,
    firstSequence,
    create: input => create(message, input),
    encode: data => Buffer.from(toBinary(message, data)),
    decode(bytes) {
      try {
        return fromBinary(message, bytes)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new InvalidEvent(`data is not a ${message.typeName}: ${reason}`)
      }
    },
    asJson(bytes) {
      try {
        return toJson(message, fromBinary(message, bytes))
      } catch {
        return undefined
      }
    },
    positionIn: data => place(entity?.(data)),
    message: message as GenMessage<Message>
  }
}

/** An event whose data is JSON that a zod schema describes. */
export function jsonEvent<Schema extends z.ZodType>(
  type: string,
  schema: Schema,
  { entity, firstSequence = 1 }: EntityOf<z.infer<Schema>> = {}
): EventType<z.infer<Schema>, z.input<Schema>> {
  return {
    type,
    contentType: jsonContentType,
    firstSequence,
    create: input => schema.parse(input),
    encode: data => Buffer.from(JSON.stringify(data)),
    decode(bytes) {
      let json: unknown
      try {
        json = parseJson(bytes)
      } catch (error) {
        throw new InvalidEvent(`data is ${error instanceof Error ? error.message : String(error)}`)
      }
      const parsed = schema.safeParse(json)
      if (!parsed.success) throw new InvalidEvent(`data is not a ${type}: ${invalidFields(parsed.error).message}`)
      return parsed.data
    },
    asJson(bytes) {
      try {
        return parseJson(bytes) as JsonValue
      } catch {
        return undefined
      }
    },
    positionIn: data => place(entity?.(data))
  }
}

const place = (entity: { readonly id: string; readonly sequence: number } | undefined): Position | undefined =>
  entity && { entity: entity.id, sequence: entity.sequence }

/** @throws InvalidEvent when the type is not accepted, the bytes cannot be decoded, or they contradict the attributes */
export function readTyped<Data>(event: ReceivedEvent, accepts: readonly EventType<Data>[]): TypedEvent<Data> {
  const found = accepts.find(({ type }) => type === event.type)
  if (found === undefined) {
    throw new InvalidEvent(`type ${event.type} is not taken here; expected ${typesOf(accepts).join(' or ')}`)
  }
  const mediaType = event.contentType?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== found.contentType) {
    throw new InvalidEvent(`content type ${event.contentType ?? 'none'} is not ${found.contentType}`)
  }
  const data = found.decode(event.data)
  checkPosition(event, found, data)
  const { id, source, type, subject, time = '', attributes } = event
  return { id, source, type, subject, time, data, attributes }
}

function checkPosition<Data>(event: ReceivedEvent, { type, firstSequence, positionIn }: EventType<Data>, data: Data) {
  const said = positionIn(data)
  if (said === undefined) return
  const position = positionOf(event)
  if (position?.entity !== said.entity || position.sequence !== said.sequence) {
    throw new InvalidEvent('subject and sequence do not match the id and version in the data')
  }
  if (position.sequence < firstSequence) {
    throw new InvalidEvent(`sequence ${position.sequence} comes before ${firstSequence}, the first that a ${type} has`)
  }
}

/** The lowest sequence that a function sees which accepts these types. */
export const firstSequenceOf = (accepts: readonly EventType[]): number =>
  Math.min(...accepts.map(({ firstSequence }) => firstSequence))

export const typesOf = (accepts: readonly EventType[]): string[] => accepts.map(({ type }) => type)
