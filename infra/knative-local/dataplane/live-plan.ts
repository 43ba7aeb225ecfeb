// The YAML and addresses that a data plane runs by, followed while it runs. A broken edit is told, and what ran before goes on.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { formatProblems } from '../manifests/problem.ts'
import type { Settings } from './arguments.ts'
import { watchFiles, type FileWatch } from './watch-files.ts'

export type Addresses = ReadonlyMap<string, string>

/** What takes new plans and addresses. */
export interface PlanTarget {
  apply(plan: Plan): Promise<void>
  resolve(addresses: Addresses): void
}

type Places = Pick<Settings, 'files' | 'resolve' | 'resolve-file'>

export class LivePlan {
  plan: Plan
  addresses: Addresses
  /** Of the last edit, when it was broken. */
  problems: readonly string[] = []
  private readonly places: Places
  private readonly tell: (text: string) => void
  private reloading: Promise<void> = Promise.resolve()

  private constructor(places: Places, plan: Plan, addresses: Addresses, tell: (text: string) => void) {
    this.places = places
    this.plan = plan
    this.addresses = addresses
    this.tell = tell
  }

  /** Throws when the YAML has errors; all of them were told then. */
  static async load(places: Places, tell: (text: string) => void): Promise<LivePlan> {
    const addresses = await readAddresses(places)
    const { plan, problems } = await loadPlan(places.files, { resolved: new Set(addresses.keys()) })
    if (problems.length > 0) tell(formatProblems(problems))
    if (plan === undefined) throw new Error('Nothing was started: the YAML has errors.')
    return new LivePlan(places, plan, addresses, tell)
  }

  async follow(target: PlanTarget): Promise<FileWatch> {
    const { files, 'resolve-file': addressFile } = this.places
    return watchFiles(addressFile === undefined ? files : [...files, addressFile], () => {
      this.reloading = this.reloading
        .then(() => this.reload(target))
        .catch((error: Error) => this.refuse(error.message))
    })
  }

  private async reload(target: PlanTarget): Promise<void> {
    const addresses = await readAddresses(this.places)
    const { plan, problems } = await loadPlan(this.places.files, {
      resolved: new Set(addresses.keys()),
      running: this.plan
    })
    const found = formatProblems(problems)
    if (plan === undefined) {
      this.refuse(found)
      return
    }
    if (found !== '') this.tell(found)
    this.problems = []
    this.addresses = addresses
    this.plan = plan
    target.resolve(addresses)
    await target.apply(plan)
  }

  private refuse(why: string): void {
    this.problems = why.split('\n')
    this.tell(`${why}\nThe edit is not taken; what ran before goes on.`)
  }
}

async function readAddresses({ resolve, 'resolve-file': path }: Places): Promise<Addresses> {
  if (path === undefined) return resolve
  const entries = z.record(z.string(), z.url()).parse(JSON.parse(await readFile(path, 'utf8')))
  return new Map([...resolve, ...Object.entries(entries)])
}
