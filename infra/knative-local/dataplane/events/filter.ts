// Trigger filters, by the rules of Knative's Kafka data plane.
// https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md#324-filters
import type { Trigger, TriggerFilter } from '../../manifests/plan.ts'
import { compileCesql } from '../cesql/compile.ts'
import { attribute, type CloudEvent } from './cloud-event.ts'
import { timeAsInstant } from './timestamp.ts'

export type EventFilter = (event: CloudEvent) => boolean

/** spec.filters, when given, takes the place of spec.filter.attributes. */
export function compileFilter(trigger: Pick<Trigger, 'filters' | 'filterAttributes'>): EventFilter {
  return trigger.filters === undefined || trigger.filters.length === 0
    ? attributes(trigger.filterAttributes, (given, wanted) => given === wanted)
    : allOf(trigger.filters.map(compileDialects))
}

function compileDialects(filter: TriggerFilter): EventFilter {
  const parts: EventFilter[] = []
  if (filter.exact) parts.push(attributes(filter.exact, (given, wanted) => given === wanted))
  if (filter.prefix) parts.push(attributes(filter.prefix, (given, wanted) => given.startsWith(wanted), NO_DEFAULT))
  if (filter.suffix) parts.push(attributes(filter.suffix, (given, wanted) => given.endsWith(wanted), NO_DEFAULT))
  if (filter.all) parts.push(allOf(filter.all.map(compileDialects)))
  if (filter.any) parts.push(anyOf(filter.any.map(compileDialects)))
  if (filter.not) {
    const inner = compileDialects(filter.not)
    parts.push(event => !inner(event))
  }
  if (filter.cesql !== undefined) parts.push(compileCesql(filter.cesql))
  return allOf(parts)
}

/** Where the original fails instead of answering, and then discards the event. */
export class FilterFailure extends Error {
  override name = 'FilterFailure'
}

/** The original has no value, not even an empty one, for these two when an event lacks them. */
const NO_DEFAULT = new Set(['subject', 'datacontenttype'])

/** An empty value asks for nothing; a missing attribute matches nothing, but see FilterFailure. */
function attributes(
  wanted: Readonly<Record<string, string>>,
  matches: (given: string, wanted: string) => boolean,
  failsWithout: ReadonlySet<string> = new Set()
): EventFilter {
  const entries = Object.entries(wanted).filter(([, value]) => value !== '')
  return event =>
    entries.every(([name, value]) => {
      const given = name === 'time' && event.time !== undefined ? timeAsInstant(event.time) : attribute(event, name)
      if (given === undefined && failsWithout.has(name)) {
        throw new FilterFailure(
          `a prefix or suffix filter on ${name}, which the event does not have: Knative discards it`
        )
      }
      return given !== undefined && matches(given, value)
    })
}

function allOf(filters: readonly EventFilter[]): EventFilter {
  return event => filters.every(filter => filter(event))
}

function anyOf(filters: readonly EventFilter[]): EventFilter {
  return event => filters.some(filter => filter(event))
}
