// The five ways to load, easiest first; each is a script in infra/proof/load that also runs alone.
import { z } from 'zod'
import type { Stage } from '../stage/stage.ts'

export interface Profile {
  /** infra/proof/load/NAME.js. */
  readonly name: string
  /** For people: what is asked, with the figures. */
  readonly heading: string
  /** For k6: `-e NAME=VALUE`. */
  readonly settings: Readonly<Record<string, number>>
}

interface Kind {
  /** Commands a second; of the ramp and the spike the most. */
  readonly rate: number
  /** How long; of the ramp each step, of the spike the peak. */
  readonly seconds: number
  readonly maxP95Ms: number
  heading(rate: number, seconds: number): string
}

/** Far above what is measured on 2 cores, for a small machine that others use too. */
const generousP95Ms = 2_000
/** The size that tests run is judged by what is right, not by time: no answer takes longer (infra/proof/load/students.js), and commands may be left out while it stands still. */
const untimed = { MAX_P95_MS: 10_000, MAX_DROPPED_PERCENT: 100 }

const kinds: Readonly<Record<string, Kind>> = {
  smoke: {
    rate: 1,
    seconds: 1,
    maxP95Ms: generousP95Ms,
    heading: () => 'Smoke: one caller sends every kind of command, one after the other'
  },
  constant: {
    rate: 40,
    seconds: 30,
    maxP95Ms: generousP95Ms,
    heading: (rate, seconds) =>
      `Constant: ${rate} commands a second for ${seconds} s, on time whatever the answers take`
  },
  ramp: {
    rate: 500,
    seconds: 6,
    maxP95Ms: 500,
    heading: (rate, seconds) => `Ramp: up to ${rate} commands a second in steps of ${seconds} s, until it breaks`
  },
  spike: {
    rate: 200,
    seconds: 5,
    maxP95Ms: 5_000, // more is asked than can be done at once; what waits is bounded by k6's callers
    heading: (rate, seconds) =>
      `Spike: from ${Math.round(rate / 10)} to ${rate} commands a second within a second, for ${seconds} s`
  },
  soak: {
    rate: 20,
    seconds: 60,
    maxP95Ms: generousP95Ms,
    heading: (rate, seconds) => `Soak: ${rate} commands a second for ${seconds} s`
  }
}

const names = Object.keys(kinds)

export const flags = z.object({
  profile: z
    .string()
    .transform(list => list.split(','))
    .pipe(z.array(z.enum(names, `one of ${names.join(', ')}, or several with commas`)))
    .optional()
    .describe(`which of ${names.join(', ')}; several with commas; all by default`),
  rate: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(10, 'must be at least 10')
    .max(10_000, 'must be at most 10000')
    .optional()
    .describe('commands a second; of the ramp and the spike the most'),
  seconds: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(2, 'must be at least 2')
    .max(86_400, 'must be at most 86400')
    .optional()
    .describe('how long; of the ramp each step, of the spike the peak')
})

/** What tests run. */
const short = { profile: ['smoke', 'soak'], seconds: 20 }

export function profilesOf(stage: Pick<Stage, 'short' | 'flags'>): Profile[] {
  const asked = flags.parse(stage.flags)
  const chosen = asked.profile ?? (stage.short ? short.profile : names)
  return chosen.flatMap(name => {
    const kind = kinds[name]
    if (!kind) return []
    const rate = asked.rate ?? kind.rate
    const seconds = asked.seconds ?? (stage.short ? short.seconds : kind.seconds)
    const limits = stage.short ? untimed : { MAX_P95_MS: kind.maxP95Ms }
    return [
      {
        name,
        heading: kind.heading(rate, seconds),
        settings: { RATE: rate, SECONDS: seconds, ...limits }
      }
    ]
  })
}
