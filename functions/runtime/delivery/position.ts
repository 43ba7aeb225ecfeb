// Where an event stands among the events of its entity, and what has to be done before it.
import type { ReceivedEvent } from '../events/received-event.ts'

/** Where an event stands among the events of its entity. */
export interface Position {
  readonly entity: string
  readonly sequence: number
}

/** A position as one function sees it. */
export interface Place extends Position {
  /** The sequence that the function has to have done first; 0 for the first event that it takes. */
  readonly predecessor: number
}

/** The CloudEvents `sequence` of a version: zero-padded, so that text order is number order. */
export function formatSequence(version: number): string {
  return String(version).padStart(10, '0')
}

/** Reads subject and sequence; undefined when the event is of no entity's order. */
export function positionOf(event: Pick<ReceivedEvent, 'subject' | 'attributes'>): Position | undefined {
  const sequence = Number(/^\d{1,10}$/.exec(event.attributes.sequence ?? '')?.[0])
  if (!event.subject || !Number.isInteger(sequence) || sequence < 1 || sequence > 2 ** 31 - 1) return undefined
  return { entity: event.subject, sequence }
}

/**
 * The extension `predecessors` says, by type, which sequence of the entity came last before the event: the database
 * writes it with the event (infra/postgres/migrations/0003_predecessors.sql), so that a function finds its own predecessor
 * whatever types it takes: `shop.OrderPlaced=1&shop.OrderPaid=4`, or `none`.
 *
 * An event without it was written before the extension was: then each sequence follows the one before it, from
 * `firstSequence` on, the lowest that an event of the accepted types has.
 */
export function predecessorOf(
  { sequence }: Position,
  predecessors: string | undefined,
  accepts: readonly string[],
  firstSequence: number
): number {
  const known = parse(predecessors)
  if (known === undefined) return sequence <= firstSequence ? 0 : sequence - 1
  return Math.max(0, ...accepts.map(type => known.get(type) ?? 0).filter(before => before < sequence))
}

const list = /^[^=&]+=\d{1,10}(&[^=&]+=\d{1,10})*$/

function parse(predecessors: string | undefined): ReadonlyMap<string, number> | undefined {
  if (predecessors === 'none') return new Map()
  if (predecessors === undefined || !list.test(predecessors)) return undefined
  return new Map(
    predecessors.split('&').map(entry => {
      const [type = '', sequence] = entry.split('=')
      return [type, Number(sequence)]
    })
  )
}
