// Where a data plane has its plan from: YAML that it reads and judges (live-plan.ts), or a process that has done so (handed-plan.ts).
import type { DataPlanePlan } from '../data-plane.ts'
import type { DirectAddressByUrl } from '../delivery/direct-addresses.ts'

/** URLs by `namespace/name`. */
export type Addresses = ReadonlyMap<string, string>

export interface PlanFeed {
  readonly plan: DataPlanePlan
  readonly addresses: Addresses
  /** Of the last edit, when it was not taken. */
  readonly problems: readonly string[]
  /** Hands on each later plan, with its addresses, until it is closed. */
  follow(target: PlanTarget): Promise<{ close(): Promise<void> }>
}

/** What takes new plans and addresses. */
export interface PlanTarget {
  apply(plan: DataPlanePlan): Promise<void>
  resolve(addresses: Addresses): void
  /** Resolves when nothing is under way to an instance that is not among these. */
  sendDirectly(addresses: DirectAddressByUrl): Promise<void>
}
