// The figures of one profile, from what k6 sent, what the far side did with it and how the system looked meanwhile.
import { percentile } from '../../bench/percentile.ts'
import type { Row } from '../report/narrator.ts'
import type { CommandEffects } from './effects.ts'
import type { Answer } from './journal.ts'
import type { Profile } from './profiles.ts'
import type { K6Run } from './run-k6.ts'
import { lagSum, type Sample } from './sampling.ts'

export interface ProfileRun extends K6Run {
  readonly profile: Profile
  readonly effects: CommandEffects
  /** From the last answer until no accepted command was without effect. */
  readonly caughtUpMs: number
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), p99: percentile(sorted, 0.99) }
}

export interface Figures {
  readonly requests: number
  readonly perSecond: number
  readonly dropped: number
  readonly answerMs: Percentiles
  readonly effectMs: Percentiles
  readonly maxLag: number
  readonly maxOutboxDepth: number
  /** Means, of the whole machine, from 0 to 1. */
  readonly cpu: Readonly<Record<string, number>>
}

export function figuresOf({ answers, effects, dropped }: ProfileRun, samples: readonly Sample[]): Figures {
  const first = answers.reduce((earliest, { sentAt }) => Math.min(earliest, sentAt), Number.POSITIVE_INFINITY)
  const last = lastAnswerAt(answers)
  const meanwhile = samples.filter(({ at }) => at >= first && at <= last)
  const known = meanwhile.filter(({ cpu }) => Object.keys(cpu).length > 0)
  const parts = [...new Set(known.flatMap(({ cpu }) => Object.keys(cpu)))]
  return {
    requests: answers.length,
    perSecond: answers.length / (Math.max(1, last - first) / 1_000),
    dropped,
    answerMs: percentilesOf(answers.map(({ ms }) => ms)),
    effectMs: percentilesOf(effects.delays.map(({ ms }) => ms)),
    maxLag: Math.max(0, ...meanwhile.map(lagSum)),
    maxOutboxDepth: Math.max(0, ...meanwhile.map(({ outboxDepth }) => outboxDepth)),
    cpu: Object.fromEntries(
      parts.map(part => [part, known.reduce((sum, { cpu }) => sum + (cpu[part] ?? 0), 0) / known.length])
    )
  }
}

/** Since the epoch. Not by spreading: a soak of hours has more answers than a call may have arguments. */
export function lastAnswerAt(answers: readonly Answer[]): number {
  return answers.reduce((latest, { sentAt, ms }) => Math.max(latest, sentAt + ms), 0)
}

export function busy({ cpu }: Pick<Figures, 'cpu'>): number {
  return Object.values(cpu).reduce((sum, share) => sum + share, 0)
}

/** One step of the ramp. */
export interface RampStep {
  readonly rate: number
  readonly requests: number
  readonly dropped: number
  readonly answerP95Ms: number
  readonly effectP95Ms: number
  /** In all groups, when the step ended. */
  readonly lag: number
  readonly held: boolean
}

/** Those that were reached: k6 also reports thresholds of the others, which nothing has crossed. */
export function rampSteps({ answers, thresholds, effects }: ProfileRun, samples: readonly Sample[]): RampStep[] {
  const byStep = Map.groupBy(answers, ({ scenario }) => scenario)
  return Array.from(byStep, ([scenario, own]) => {
    const judged = thresholds.filter(threshold => threshold.scenario === scenario)
    const lastSentAt = own.reduce((latest, { sentAt }) => Math.max(latest, sentAt), 0)
    const sample = samples.findLast(({ at }) => at <= lastSentAt)
    return {
      rate: Number(scenario.replace('rate_', '')),
      requests: own.length,
      dropped: Number(judged.find(({ metric }) => metric === 'dropped_iterations')?.seen ?? 0),
      answerP95Ms: percentilesOf(own.map(({ ms }) => ms)).p95,
      effectP95Ms: percentilesOf(effects.delays.flatMap(delay => (delay.scenario === scenario ? [delay.ms] : []))).p95,
      lag: sample === undefined ? 0 : lagSum(sample),
      held: judged.every(({ passes }) => passes)
    }
  }).toSorted((a, b) => a.rate - b.rate)
}

export function rampRows(steps: readonly RampStep[]): Row[] {
  return steps.map(({ rate, requests, dropped, answerP95Ms, effectP95Ms, lag, held }) => ({
    'COMMANDS/S': rate,
    REQUESTS: requests,
    DROPPED: dropped,
    'ANSWER P95 MS': Math.round(answerP95Ms),
    'EFFECT P95 MS': Math.round(effectP95Ms),
    LAG: lag,
    HELD: held
  }))
}

export function figureRow(profile: string, figures: Figures): Row {
  const { requests, perSecond, dropped, answerMs, effectMs, maxLag, maxOutboxDepth } = figures
  return {
    PROFILE: profile,
    REQUESTS: requests,
    'A SECOND': Math.round(perSecond),
    DROPPED: dropped,
    'ANSWER P50/P95/P99 MS': showPercentiles(answerMs),
    'EFFECT P50/P95/P99 MS': showPercentiles(effectMs),
    'MAX LAG': maxLag,
    'MAX OUTBOX': maxOutboxDepth
  }
}

export function showPercentiles({ p50, p95, p99 }: Percentiles): string {
  return [p50, p95, p99].map(ms => Math.round(ms).toLocaleString('en-GB')).join(' / ')
}

export const percent = (share: number) => `${Math.round(share * 100)} %`

/** The whole machine is 100 %. */
export function cpuRow(profile: string, figures: Figures): Row {
  return {
    PROFILE: profile,
    ALL: Object.keys(figures.cpu).length === 0 ? null : percent(busy(figures)), // too short to say
    ...Object.fromEntries(
      Object.entries(figures.cpu)
        .filter(([, share]) => share >= 0.005)
        .toSorted(([, a], [, b]) => b - a)
        .map(([part, share]) => [part.toUpperCase(), percent(share)])
    )
  }
}
