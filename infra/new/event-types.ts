// The event types that the project has: what its modules export, and who publishes and follows them.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventType } from '../../functions/runtime/events/event-type.ts'
import type { Declaration, Order } from '../../functions/runtime/declaration.ts'
import type { DeclaredFunction } from '../derived/declared.ts'
import { isAccepted, sampleOf, stub } from './sample.ts'

export interface KnownType {
  readonly type: string
  /** Of the export: studentCreated. */
  readonly name: string
  /** Below functions/: students/student-events.ts. */
  readonly module: string
  /** The lowest sequence that such an event has. */
  readonly firstSequence: number
  /** Data that it accepts, for a test. */
  readonly sample: unknown
  /** What a command that is not filled in yet publishes is such data. */
  readonly isStub: boolean
}

/** By their `type`; what event.ts and *-events.ts in functions/ export. */
export async function knownTypes(functionsDirectory: string): Promise<ReadonlyMap<string, KnownType>> {
  const files = (await readdir(functionsDirectory, { recursive: true })).filter(file =>
    /^[^/]+\/(?:event|[\w-]+-events)\.ts$/.test(file)
  )
  const found = new Map<string, KnownType>()
  for (const module of files.toSorted()) {
    const exported: Record<string, unknown> = await import(join(functionsDirectory, module))
    for (const [name, value] of Object.entries(exported)) {
      if (!isEventType(value)) continue
      found.set(value.type, {
        type: value.type,
        name,
        module,
        firstSequence: value.firstSequence,
        sample: sampleOf(value),
        isStub: module.endsWith('/event.ts') && isAccepted(value, stub)
      })
    }
  }
  return found
}

function isEventType(value: unknown): value is EventType {
  return typeof value === 'object' && value !== null && 'type' in value && 'contentType' in value && 'decode' in value
}

/** What the outbox of some function publishes to a topic. */
export function typesPublishedTo(topic: string, functions: readonly DeclaredFunction[]): string[] {
  const types = functions.flatMap(({ declaration, topics }) =>
    Object.entries(declaration.publishes).flatMap(([variable, { type }]) =>
      topics.get(variable) === topic ? [type] : []
    )
  )
  return [...new Set(types)]
}

/** As the functions follow these types already; in no order where none does. */
export function orderOf(types: readonly string[], functions: readonly Declaration[]): Order {
  const inOrder = functions.some(
    ({ order, accepts }) => order === 'by subject and sequence' && accepts.some(({ type }) => types.includes(type))
  )
  return inOrder ? 'by subject and sequence' : 'none'
}
