// What the plots of the page show, in seconds since the run began.
import { lastAnswerAt, percentilesOf, type ProfileRun } from '../figures.ts'
import type { Answer } from '../journal.ts'
import type { Sample } from '../sampling.ts'

/** A plot's x values, and one series of y values for each name; null where nothing was measured. */
export interface Plot {
  readonly x: readonly number[]
  readonly series: Readonly<Record<string, readonly (number | null)[]>>
}

export interface PageData {
  /** Seconds. */
  readonly length: number
  readonly profiles: readonly { readonly name: string; readonly from: number; readonly to: number }[]
  readonly requests: Plot
  readonly answers: Plot
  readonly lag: Plot
  readonly outbox: Plot
  readonly cpu: Plot
  /** x in milliseconds; y the share of commands, in percent, whose last effect was there by then. */
  readonly effects: Plot
}

export function pageData(runs: readonly ProfileRun[], samples: readonly Sample[], startedAt: Date): PageData {
  const origin = startedAt.getTime()
  const seconds = (at: number) => (at - origin) / 1_000
  const answers = runs.flatMap(run => run.answers)
  const sampled = samples.map(({ at }) => seconds(at))
  const groups = namesIn(samples, ({ lag }) => lag, 0)
  const parts = namesIn(samples, ({ cpu }) => cpu, 0.01).toSorted(otherLast)
  return {
    length: Math.ceil(Math.max(0, sampled.at(-1) ?? 0, seconds(lastAnswerAt(answers)))),
    profiles: runs.map(({ profile, startedAt: from, endedAt }) => ({
      name: profile.name,
      from: seconds(from.getTime()),
      to: seconds(endedAt.getTime())
    })),
    ...bySecond(answers, origin),
    lag: { x: sampled, series: seriesOf(groups, group => samples.map(({ lag }) => lag[group] ?? 0)) },
    outbox: { x: sampled, series: { outbox: samples.map(({ outboxDepth }) => outboxDepth) } },
    cpu: { x: sampled, series: seriesOf(parts, part => samples.map(({ cpu }) => 100 * (cpu[part] ?? 0))) },
    effects: distribution(runs)
  }
}

function seriesOf<Y>(names: readonly string[], valuesOf: (name: string) => Y): Record<string, Y> {
  return Object.fromEntries(names.map(name => [name, valuesOf(name)]))
}

/** Those that were ever above `threshold`, the largest first: the others would only fill the legend. */
function namesIn(
  samples: readonly Sample[],
  valuesOf: (sample: Sample) => Readonly<Record<string, number>>,
  threshold: number
): string[] {
  const largest = new Map<string, number>()
  for (const sample of samples) {
    for (const [name, value] of Object.entries(valuesOf(sample))) {
      largest.set(name, Math.max(value, largest.get(name) ?? 0))
    }
  }
  return Array.from(largest)
    .filter(([, value]) => value > threshold)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name]) => name)
}

/** What is no part of the stack lies above what is. */
function otherLast(a: string, b: string): number {
  return Number(a === 'other') - Number(b === 'other')
}

/** Requests by the second in which they were sent. */
function bySecond(answers: readonly Answer[], origin: number): Pick<PageData, 'requests' | 'answers'> {
  const bySent = Map.groupBy(answers, ({ sentAt }) => Math.floor((sentAt - origin) / 1_000))
  const last = Math.max(-1, ...bySent.keys())
  const x = Array.from({ length: last + 1 }, (_, second) => second)
  const bins = x.map(second => bySent.get(second) ?? [])
  const outcomes = [...new Set(answers.map(outcome))].toSorted()
  const percentiles = bins.map(bin => (bin.length === 0 ? undefined : percentilesOf(bin.map(({ ms }) => ms))))
  return {
    requests: {
      x,
      series: seriesOf(outcomes, wanted => bins.map(bin => bin.filter(answer => outcome(answer) === wanted).length))
    },
    answers: {
      x,
      series: {
        p50: percentiles.map(at => at?.p50 ?? null),
        p95: percentiles.map(at => at?.p95 ?? null),
        p99: percentiles.map(at => at?.p99 ?? null)
      }
    }
  }
}

function outcome({ status, right }: Answer): string {
  if (status === 0) return 'no answer'
  if (status === 503) return '503 put off'
  if (!right) return 'wrong answer'
  return { 200: '200 changed', 201: '201 created', 202: '202 taken by the Broker' }[status] ?? `${status} refused`
}

const points = 200

/** Cumulative, over milliseconds that grow by the same factor from point to point. */
function distribution(runs: readonly ProfileRun[]): Plot {
  const sorted = runs.map(({ profile, effects }) => ({
    name: profile.name,
    delays: effects.delays.map(({ ms }) => Math.max(1, ms)).toSorted((a, b) => a - b)
  }))
  const all = sorted.flatMap(({ delays }) => [delays[0] ?? 1, delays.at(-1) ?? 1])
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const x = Array.from({ length: points }, (_, index) => low * (high / low) ** (index / (points - 1)))
  return {
    x,
    series: Object.fromEntries(sorted.map(({ name, delays }) => [name, x.map(ms => shareUpTo(delays, ms))]))
  }
}

function shareUpTo(sorted: readonly number[], limit: number): number {
  const above = sorted.findIndex(value => value > limit * (1 + Number.EPSILON * 8))
  return (100 * (above === -1 ? sorted.length : above)) / Math.max(1, sorted.length)
}
