// A plan that another process has checked, with the addresses of its sinks: how `dev`, which alone judges an edit, says what its data
// plane runs. It is a file, so that a data plane that was killed, or is paused, finds it when it runs again.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { watchFiles } from '../../watch-files.ts'
import type { DataPlanePlan } from '../data-plane.ts'
import type { DirectAddressByUrl } from '../delivery/direct-addresses.ts'
import type { Addresses, PlanFeed, PlanTarget } from './plan-feed.ts'

export interface Handed {
  readonly plan: DataPlanePlan
  /** Of Services, by `namespace/name`. */
  readonly addresses: Readonly<Record<string, string>>
  /** Of their instances. */
  readonly direct: DirectAddressByUrl
}

/** As JSON; written as a whole. */
export interface PlanFile extends Handed {
  /** 1 more with each that is written. */
  readonly revision: number
}

/** A data plane says so of each revision once nothing is under way to an instance that it does not name. */
export const inEffect = {
  write: (revision: number) => `plan ${revision} is in effect`,
  /** The revision that a line is about, if it is about one. */
  read: (line: string) => /^plan (\d+) is in effect$/.exec(line)?.[1]
}

export class HandedPlan implements PlanFeed {
  plan: DataPlanePlan
  addresses: Addresses
  readonly problems = []
  private readonly file: string
  private readonly says: HandedPlanSays

  private constructor(file: string, { plan, addresses }: ReadPlan, says: HandedPlanSays) {
    this.file = file
    this.plan = plan
    this.addresses = addresses
    this.says = says
  }

  static async load(file: string, says: HandedPlanSays): Promise<HandedPlan> {
    return new HandedPlan(resolve(file), await read(file), says)
  }

  async follow(target: PlanTarget): Promise<{ close(): Promise<void> }> {
    const { file } = this
    const { report, answer } = this.says
    let reloading = Promise.resolve()
    const reload = async (): Promise<void> => {
      const { plan, addresses, direct, revision } = await read(file)
      void target.sendDirectly(direct).then(() => answer(inEffect.write(revision)))
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

export interface HandedPlanSays {
  /** To a person. */
  report(text: string): void
  /** To whoever hands it the plan. */
  answer(line: string): void
}

interface ReadPlan extends Pick<PlanFeed, 'plan' | 'addresses'>, Pick<PlanFile, 'direct' | 'revision'> {}

async function read(file: string): Promise<ReadPlan> {
  const { addresses, ...rest } = JSON.parse(await readFile(file, 'utf8')) as PlanFile
  return { ...rest, addresses: new Map(Object.entries(addresses)) }
}
