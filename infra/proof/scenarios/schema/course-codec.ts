// A course to protobuf bytes and back, by the text of any version of its schema.
import protobuf from 'protobufjs'
import type { Course } from './course-schemas.ts'

export interface CourseCodec {
  encode(course: Course): Buffer
  /** What a reader with this schema sees; what it does not know is not there. */
  decode(bytes: Buffer): Record<string, unknown>
}

export function courseCodec(schema: string, type: string): CourseCodec {
  const message = protobuf.parse(schema).root.resolveAll().lookupType(type)
  return {
    encode: course => Buffer.from(message.encode(message.fromObject(course)).finish()),
    decode: bytes => message.toObject(message.decode(bytes), { defaults: false })
  }
}
