// Which faults, on what, when and for how long: a pure function of the seed.
import { seededRandom } from './random.ts'

const brokers = ['broker-1', 'broker-2', 'broker-3'] as const
const functions = [
  'create-student',
  'update-student',
  'on-student-create',
  'on-student-update',
  'on-any-student',
  'dead-letter-replay'
] as const

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
  'add-partition',
  'users-appear',
  'bulk-replay',
  'dead-letter-sink-down'
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  readonly kind: FaultKind
  /** Of the run, at the earliest: a fault waits until the one before it is over and the system has recovered. */
  readonly atMs: number
  /** How long it lasts; 0 for one that has no duration. */
  readonly forMs: number
  /** Names of parts, or of topics. */
  readonly targets: readonly string[]
}

export interface ScheduleOptions {
  readonly seed: number
  readonly minutes: number
  /** All of them unless told. */
  readonly kinds?: readonly FaultKind[]
}

/** Load alone before the first fault. */
const leadMs = 3_000
/** From one fault to the next; more time means more rounds, each of all kinds in another order. */
const spacingMs = 12_000

export function makeSchedule({ seed, minutes, kinds = faultKinds }: ScheduleOptions): Fault[] {
  const random = seededRandom(seed)
  const count = Math.max(1, Math.floor((minutes * 60_000 - leadMs) / spacingMs))
  const faults: Fault[] = []
  while (faults.length < count) {
    for (const kind of random.shuffle(kinds)) {
      if (faults.length === count) break
      const atMs = leadMs + faults.length * spacingMs + random.between(0, 2_000)
      faults.push({ kind, atMs, ...details(kind) })
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
        return { forMs: 0, targets: [random.pick(functions)] }
      case 'pause-function':
        return { forMs, targets: [random.pick(functions)] }
      case 'lose-answers':
      case 'slow-handler':
        return {
          forMs: random.between(6, 10) * 1_000,
          targets: ['on-student-create', 'on-student-update', 'on-any-student']
        }
      case 'rebalance-storm':
        return { forMs: random.between(6, 12) * 1_000, targets: ['dataplane'] }
      case 'add-partition':
        return { forMs: 0, targets: [random.pick(['student_create', 'student_update'])] }
      case 'users-appear':
        return { forMs: 0, targets: ['users'] }
      case 'bulk-replay':
        return { forMs: 0, targets: ['dead-letter-replay'] }
      case 'dead-letter-sink-down':
        return { forMs: random.between(4, 8) * 1_000, targets: ['student_dead_letter'] }
    }
  }
}

export function showFault({ kind, atMs, forMs, targets }: Fault): string {
  const at = `${(atMs / 1_000).toFixed(1)} s`.padStart(8)
  return `${at}  ${kind.padEnd(22)} ${targets.join(', ')}${forMs > 0 ? ` for ${forMs / 1_000} s` : ''}`
}
