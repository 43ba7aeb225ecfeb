// Where an egress delivers: the addresses of its subscriber and of its dead letter sink.
import type { Sinks } from '../delivery/dispatch.ts'
import type { Egress } from './egress.ts'
import { type Addresses, resolveDestination } from '../plan/resolve.ts'

/** Or why there is none. */
export function resolveSinks(
  { subscriber: to, delivery }: Pick<Egress, 'subscriber' | 'delivery'>,
  addresses: Addresses
): Sinks | { readonly problem: string } {
  const subscriber = resolveDestination(to, addresses)
  if ('problem' in subscriber) return { problem: `sink: ${subscriber.problem}` }
  const { deadLetterSink } = delivery
  const deadLetter = deadLetterSink === undefined ? undefined : resolveDestination(deadLetterSink, addresses)
  if (deadLetter !== undefined && 'problem' in deadLetter) return { problem: `deadLetterSink: ${deadLetter.problem}` }
  return { subscriber: subscriber.url, deadLetter: deadLetter?.url }
}
