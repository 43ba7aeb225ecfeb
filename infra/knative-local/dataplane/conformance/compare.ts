// What of a request is part of the contract, and in which form two are the same.
import { expect } from 'vitest'
import { bytes, type RecordedRequest, type Scenario } from './recordings.ts'
import type { Received } from './subscriber.ts'

/** The connection's own business, and the sender's name. */
const NOT_COMPARED = new Set(['host', 'connection', 'keep-alive', 'user-agent'])

export interface Places {
  readonly subscriber: string
  readonly nobody: string
}

/**
 * `lateMs`: how much later than recorded a request may be seen. The wait after one that timed out is counted from when it was
 * sent, so one that was seen late is followed sooner, at most by its timeout.
 */
export function compareRequests(
  scenario: Scenario,
  received: readonly Received[],
  places: Places,
  lateMs: number
): void {
  const expected = scenario.requests
  // Unordered requests arrive in any order; each is compared with its own.
  const sort = scenario.egress.ordering === 'unordered'
  const theirs = expected.map(request => canonical(request.path, request.headers, bytes(request.body), places))
  const ours = received.map(({ path, headers, body }) => canonical(path, headers, body))
  const byText = (list: unknown[]): unknown[] => (sort ? list.toSorted(compareText) : list)
  expect(byText(ours)).toEqual(byText(theirs))
  // Whether quick answers overlap is chance when many requests are under way at once.
  const counts = ({ path }: { readonly path: string }): boolean => !sort || path.startsWith('/slow/')
  expect(maxInFlight(received.filter(counts))).toEqual(maxInFlight(expected.filter(counts)))
  compareGaps(received, expected, lateMs, Math.min(lateMs, scenario.egress.delivery?.timeoutMs ?? 0))
}

/** The times between the attempts of one event at one path: not before the backoff, not much after it. */
function compareGaps(
  received: readonly Received[],
  expected: readonly RecordedRequest[],
  lateMs: number,
  seenLateMs: number
): void {
  const theirs = gaps(expected)
  for (const [key, ours] of gaps(received)) {
    for (const [i, gap] of ours.entries()) {
      const recorded = theirs.get(key)?.[i] ?? Number.NaN
      // The recorded one includes the original's own delay, up to some 100 ms for a first request.
      const earlyMs = 110 + (key.includes(' at /slow/') ? seenLateMs : 0)
      expect(gap, `wait before retry ${i + 1} of ${key}`).toBeGreaterThanOrEqual(recorded - earlyMs)
      expect(gap, `wait before retry ${i + 1} of ${key}`).toBeLessThanOrEqual(recorded + lateMs)
    }
  }
}

type Timed = Pick<RecordedRequest, 'atMs' | 'path' | 'headers' | 'inFlight'>

function gaps(requests: readonly Timed[]): Map<string, number[]> {
  const byEvent = Map.groupBy(
    requests,
    ({ path, headers }) => `${headers.find(([name]) => name === 'ce-id')?.[1]} at ${path}`
  )
  return new Map(
    Array.from(byEvent, ([key, attempts]) => [
      key,
      attempts.slice(1).map((request, i) => request.atMs - (attempts[i]?.atMs ?? 0))
    ])
  )
}

function maxInFlight(requests: readonly Timed[]): Record<string, number> {
  const max: Record<string, number> = {}
  for (const { path, inFlight } of requests) max[path] = Math.max(max[path] ?? 0, inFlight)
  return max
}

function canonical(
  path: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer | null,
  places?: Places
): { path: string; headers: string[]; body: string | null } {
  return {
    path,
    headers: headers
      .filter(([name]) => !NOT_COMPARED.has(name.toLowerCase()))
      .map(([name, value]) => {
        const placed = places === undefined ? value : atPlace(value, places)
        // The same trace, but a span of the sender's own.
        const comparable = name === 'traceparent' ? placed.replace(/(?<=^00-.{32}-)[0-9a-f]{16}/, 'span') : placed
        return `${name}: ${comparable}`
      })
      .toSorted(),
    body: body === null ? null : body.toString('base64')
  }
}

function compareText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

export function atPlace(text: string, places: Places): string {
  return text.replaceAll('{subscriber}', places.subscriber).replaceAll('{nobody}', places.nobody)
}
