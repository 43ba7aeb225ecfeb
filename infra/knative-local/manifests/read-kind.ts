// The objects of one kind, checked and read.
import { z } from 'zod'
import type { KindReader } from './kinds/kind.ts'
import type { WrittenObject } from './manifest-objects.ts'
import { isRecord } from './is-record.ts'
import { formatPath, type Problem } from './problem.ts'
import { checkSchema, object } from './schema.ts'

/** An entry of the plan, or its beginning, and the object that it was read from. */
export interface Read<Entry> {
  readonly entry: Entry
  readonly written: WrittenObject
}

export function readKind<Spec, Entry>(
  key: string,
  reader: KindReader<Spec, Entry>,
  objects: readonly WrittenObject[],
  problems: Problem[]
): Read<Entry>[] {
  return objects.flatMap(written => {
    if (written.kindKey !== key) return []
    const {
      document,
      path,
      object: { spec = {}, origin },
      metadata,
      value: writtenValue
    } = written
    const value = isRecord(writtenValue) ? writtenValue : {}
    const problem = (level: Problem['level'], at: readonly PropertyKey[], message: string) =>
      problems.push({ level, origin: document.locate([...path, ...at]), path: formatPath(at), message })
    const before = problems.length
    checkSchema(topLevel, written, [], value, problems)
    if (reader.requiresSpec === true && value.spec === undefined) {
      problem('error', ['spec'], 'missing field')
      return []
    }
    const input = checkSchema(reader.spec, written, ['spec'], spec, problems)
    reader.check?.(metadata, spec, (at, message) => problem('error', at, message))
    if (input === undefined || problems.slice(before).some(({ level }) => level === 'error')) return []
    const entry = reader.read({ metadata, spec: input, origin }, (at, message) => problem('warning', at, message))
    return [{ entry, written }]
  })
}

const topLevel = object({
  apiVersion: z.unknown().optional(),
  kind: z.unknown().optional(),
  metadata: z.unknown().optional(),
  spec: z.unknown().optional(),
  status: z.unknown().optional()
})
