// A link to an event: to its record where the place is known, by its id otherwise.
import type { ComponentChildren } from 'preact'

export interface EventPlace {
  readonly topic?: string | null | undefined
  readonly partition?: number | string | null | undefined
  readonly offset?: number | string | null | undefined
  readonly id?: string | undefined
  readonly source?: string | undefined
}

export function eventHref({ topic, partition, offset, id = '', source }: EventPlace): string {
  const hasPlace = Boolean(topic) && /^\d+$/.test(String(partition)) && /^\d+$/.test(String(offset))
  if (hasPlace) return `/events/${encodeURIComponent(String(topic))}/${partition}/${offset}`
  return `/events/id/${encodeURIComponent(id)}${source === undefined ? '' : `?source=${encodeURIComponent(source)}`}`
}

export function EventLink({ children, ...place }: EventPlace & { readonly children?: ComponentChildren }) {
  const { topic, partition, offset, id } = place
  return <a href={eventHref(place)}>{children ?? (topic ? `${topic}/${partition}@${offset}` : id)}</a>
}
