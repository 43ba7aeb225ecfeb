// Which faults, on what, when and for how long: a pure function of the seed and of what is declared.
import { seededRandom } from './random.ts'
import type { Targets } from './targets.ts'

const brokers = ['broker-1', 'broker-2', 'broker-3'] as const

export const faultKinds = [
  'kill-broker',
  'kill-two-brokers',
  'pause-broker',
  'kill-postgres',
  'pause-postgres',
  'kill-connect',
  'pause-connect',
  'kill-data-plane',
  'pause-data-plane',
  'kill-function',
  'pause-function',
  'lose-answers',
  'slow-handler',
  'rebalance-storm',
  'cut-connections',
  'slow-network',
  'add-partition',
  'users-appear',
  'bulk-replay',
  'dead-letter-sink-down'
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What a fault is done to, and what must be well for it to be done and undone: two at once must not be in each other's way. */
const needs: Readonly<Record<FaultKind, { readonly of: string; readonly well?: readonly string[] }>> = {
  'kill-broker': { of: 'brokers' },
  'kill-two-brokers': { of: 'brokers' },
  'pause-broker': { of: 'brokers' },
  'kill-postgres': { of: 'postgres' },
  'pause-postgres': { of: 'postgres' },
  'kill-connect': { of: 'connect' },
  'pause-connect': { of: 'connect' },
  'kill-data-plane': { of: 'data plane' },
  'pause-data-plane': { of: 'data plane' },
  'kill-function': { of: 'functions' },
  'pause-function': { of: 'functions' },
  'lose-answers': { of: 'second data plane' },
  'slow-handler': { of: 'second data plane' },
  'rebalance-storm': { of: 'second data plane' },
  'cut-connections': { of: 'second data plane' },
  'slow-network': { of: 'second data plane' },
  'add-partition': { of: 'topics', well: ['brokers'] },
  'users-appear': { of: 'users', well: ['postgres'] },
  'bulk-replay': { of: 'letters', well: ['postgres', 'functions'] },
  'dead-letter-sink-down': { of: 'sink', well: ['brokers', 'postgres', 'functions', 'users', 'letters'] }
}

export interface Fault {
  readonly kind: FaultKind
  /** Of the run, at the earliest: a fault waits until those before it are over and the system has recovered. Two with the same time are done at once. */
  readonly atMs: number
  /** How long it lasts; 0 for one that has no duration. */
  readonly forMs: number
  /** Names of parts, or of topics. */
  readonly targets: readonly string[]
}

export interface ScheduleOptions {
  readonly seed: number
  readonly minutes: number
  readonly targets: Targets
  /** All of them by default. */
  readonly kinds?: readonly FaultKind[]
}

/** Load alone before the first fault. */
const leadMs = 3_000
/** From one fault to the next; more time means more rounds, each of all kinds in another order. */
const spacingMs = 12_000
/** How often a fault comes together with the next one, where the two are compatible. */
const togetherChance = 1 / 3

export function makeSchedule({ seed, minutes, targets, kinds = faultKinds }: ScheduleOptions): Fault[] {
  const random = seededRandom(seed)
  const count = Math.max(1, Math.floor((minutes * 60_000 - leadMs) / spacingMs))
  const faults: Fault[] = []
  let slots = 0
  let alone: FaultKind | undefined
  let atMs = 0
  while (slots < count) {
    for (const kind of random.shuffle(kinds)) {
      const together = alone !== undefined && getOn(alone, kind) && random.next() < togetherChance
      if (!together && slots === count) break
      if (!together) atMs = leadMs + slots++ * spacingMs + random.between(0, 2_000)
      faults.push({ kind, atMs, ...details(kind) })
      alone = together ? undefined : kind
    }
  }
  return faults

  function details(kind: FaultKind): Pick<Fault, 'forMs' | 'targets'> {
    const forMs = random.between(2, 6) * 1_000
    switch (kind) {
      case 'kill-broker':
        return { forMs, targets: [random.pick(brokers)] }
      case 'pause-broker':
        return { forMs: random.between(5, 15) * 1_000, targets: [random.pick(brokers)] } // past a session timeout, or not
      case 'kill-two-brokers':
        return { forMs, targets: random.shuffle(brokers).slice(0, 2).toSorted() }
      case 'kill-postgres':
      case 'pause-postgres':
        return { forMs, targets: ['postgres'] }
      case 'kill-connect':
      case 'pause-connect':
        return { forMs, targets: ['connect'] }
      case 'kill-data-plane':
        return { forMs: 0, targets: ['dataplane'] }
      case 'pause-data-plane':
        return { forMs: random.between(5, 15) * 1_000, targets: ['dataplane'] }
      case 'kill-function':
        return { forMs: 0, targets: [random.pick(targets.functions)] }
      case 'pause-function':
        return { forMs, targets: [random.pick(targets.functions)] }
      case 'lose-answers':
      case 'slow-handler':
      case 'cut-connections':
      case 'slow-network':
        return { forMs: random.between(6, 10) * 1_000, targets: targets.sources }
      case 'rebalance-storm':
        return { forMs: random.between(6, 12) * 1_000, targets: ['dataplane'] }
      case 'add-partition':
        return { forMs: 0, targets: [random.pick(targets.topics)] }
      case 'users-appear':
        return { forMs: 0, targets: ['users'] }
      case 'bulk-replay':
        return { forMs: 0, targets: ['dead-letter-replay'] }
      case 'dead-letter-sink-down':
        return { forMs: random.between(4, 8) * 1_000, targets: [targets.deadLetterTopic] }
    }
  }
}

/** Whether neither is done to what the other is done to or needs. */
export function getOn(one: FaultKind, other: FaultKind): boolean {
  const [a, b] = [needs[one], needs[other]]
  return a.of !== b.of && !a.well?.includes(b.of) && !b.well?.includes(a.of)
}

export function showFault({ kind, atMs, forMs, targets }: Fault): string {
  const at = `${(atMs / 1_000).toFixed(1)} s`.padStart(8)
  return `${at}  ${kind.padEnd(22)} ${targets.join(', ')}${forMs > 0 ? ` for ${forMs / 1_000} s` : ''}`
}
