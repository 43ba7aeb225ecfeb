// A plan that another process has checked, with the addresses of its sinks: how `dev`, which alone judges an edit, says what its data
// plane runs. It is a file, so that a data plane that was killed, or is paused, finds it when it runs again.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { watchFiles } from '../../watch-files.ts'
import type { DataPlanePlan } from '../data-plane.ts'
import type { Addresses, PlanFeed, PlanTarget } from './plan-feed.ts'

/** As JSON; written as a whole. */
export interface PlanFile {
  readonly plan: DataPlanePlan
  /** Of Services, by `namespace/name`. */
  readonly addresses: Readonly<Record<string, string>>
}

export class HandedPlan implements PlanFeed {
  plan: DataPlanePlan
  addresses: Addresses
  readonly problems = []
  private readonly file: string
  private readonly report: (text: string) => void

  private constructor(file: string, { plan, addresses }: Handed, report: (text: string) => void) {
    this.file = file
    this.plan = plan
    this.addresses = addresses
    this.report = report
  }

  static async load(file: string, report: (text: string) => void): Promise<HandedPlan> {
    return new HandedPlan(resolve(file), await read(file), report)
  }

  async follow(target: PlanTarget): Promise<{ close(): Promise<void> }> {
    const { file, report } = this
    let reloading = Promise.resolve()
    const reload = async (): Promise<void> => {
      const { plan, addresses } = await read(file)
      if (isDeepStrictEqual({ plan, addresses }, { plan: this.plan, addresses: this.addresses })) return
      this.plan = plan
      this.addresses = addresses
      target.resolve(addresses)
      await target.apply(plan)
    }
    const request = (): void => {
      reloading = reloading
        .then(reload)
        .catch((error: Error) => report(`The plan in ${file} is not taken: ${error.message}`))
    }
    const watch = await watchFiles({
      paths: [file],
      matches: () => false,
      changed: request,
      failed: error => report(`${file} is no longer watched: ${error.message}`)
    })
    request() // what was written since it was read
    return {
      async close() {
        await watch.close()
        await reloading
      }
    }
  }
}

type Handed = Pick<PlanFeed, 'plan' | 'addresses'>

async function read(file: string): Promise<Handed> {
  const { plan, addresses } = JSON.parse(await readFile(file, 'utf8')) as PlanFile
  return { plan, addresses: new Map(Object.entries(addresses)) }
}
