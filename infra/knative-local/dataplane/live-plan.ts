// The YAML and addresses that a data plane runs by, followed while it runs. A broken edit is reported, and what ran before continues.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type FollowedPlan, followPlan } from '../manifests/follow-plan.ts'
import { type LoadResult, loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { formatProblems } from '../manifests/problem.ts'
import type { Settings } from './arguments.ts'

export type Addresses = ReadonlyMap<string, string>

/** What takes new plans and addresses. */
export interface PlanTarget {
  apply(plan: Plan): Promise<void>
  resolve(addresses: Addresses): void
}

type Places = Pick<Settings, 'files' | 'resolve' | 'resolve-file'>
type Loaded = LoadResult & { readonly plan: Plan }

export class LivePlan {
  plan: Plan
  addresses: Addresses
  /** Of the last edit, when it was broken. */
  problems: readonly string[] = []
  private readonly places: Places
  private readonly loaded: Loaded
  private readonly report: (text: string) => void

  private constructor(places: Places, loaded: Loaded, addresses: Addresses, report: (text: string) => void) {
    this.places = places
    this.loaded = loaded
    this.plan = loaded.plan
    this.addresses = addresses
    this.report = report
  }

  /** Throws when the YAML has errors; all of them have been reported then. */
  static async load(places: Places, report: (text: string) => void): Promise<LivePlan> {
    const addresses = await readAddresses(places)
    const { plan, ...read } = await loadPlan(places.files, { resolved: new Set(addresses.keys()) })
    if (read.problems.length > 0) report(formatProblems(read.problems))
    if (plan === undefined) throw new Error('Nothing was started: the YAML has errors.')
    return new LivePlan(places, { ...read, plan }, addresses, report)
  }

  follow(target: PlanTarget): Promise<FollowedPlan> {
    const { files: paths, 'resolve-file': addressFile } = this.places
    let addresses = this.addresses
    return followPlan({
      paths,
      loaded: this.loaded,
      otherFiles: addressFile === undefined ? [] : [addressFile],
      options: async () => {
        addresses = await readAddresses(this.places)
        return { resolved: new Set(addresses.keys()) }
      },
      apply: async plan => {
        this.addresses = addresses
        this.plan = plan
        target.resolve(addresses)
        await target.apply(plan)
      },
      report: this.report,
      refused: why => (this.problems = why?.split('\n') ?? [])
    })
  }
}

async function readAddresses({ resolve, 'resolve-file': path }: Places): Promise<Addresses> {
  if (path === undefined) return resolve
  const entries = z.record(z.string(), z.url()).parse(JSON.parse(await readFile(path, 'utf8')))
  return new Map([...resolve, ...Object.entries(entries)])
}
