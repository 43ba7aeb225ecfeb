// The YAML and addresses that a data plane runs by, followed while it runs. A broken edit is reported, and what ran before continues.
import { readFile } from 'node:fs/promises'
import { type FollowedPlan, followPlan } from '../../manifests/follow-plan.ts'
import { isRecord } from '../../manifests/is-record.ts'
import { type LoadOptions, type LoadResult, loadPlan } from '../../manifests/load-plan.ts'
import type { Plan } from '../../manifests/plan.ts'
import { formatProblems } from '../../manifests/problem.ts'
import type { Settings } from '../arguments.ts'
import type { Addresses, PlanFeed, PlanTarget } from './plan-feed.ts'
import { anyReference } from './resolve.ts'

type Places = Pick<Settings, 'files' | 'resolve' | 'resolve-file' | 'sink'>
type Loaded = LoadResult & { readonly plan: Plan }

export class LivePlan implements PlanFeed {
  plan: Plan
  addresses: Addresses
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
    const { plan, ...read } = await loadPlan(places.files, loadOptions(addresses))
    if (read.problems.length > 0) report(formatProblems(read.problems))
    if (plan === undefined) throw new Error('Nothing was started: the YAML has errors.')
    const { kafkaSources, kafkaSinks, brokers, triggers } = plan
    if (kafkaSources.length + kafkaSinks.length + brokers.length + triggers.length === 0)
      throw new Error('There is nothing to run: no KafkaSource, KafkaSink, Broker or Trigger is among the files.')
    return new LivePlan(places, { ...read, plan }, addresses, report)
  }

  follow(target: PlanTarget): Promise<FollowedPlan> {
    const { files: paths, 'resolve-file': addressFile } = this.places
    let addresses = this.addresses
    return followPlan({
      paths: () => paths,
      loaded: this.loaded,
      otherFiles: addressFile === undefined ? [] : [addressFile],
      options: async () => {
        addresses = await readAddresses(this.places)
        return loadOptions(addresses)
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

function loadOptions(addresses: Addresses): LoadOptions {
  return { resolved: new Set(addresses.keys()), anySink: addresses.has(anyReference) }
}

async function readAddresses({ resolve, 'resolve-file': path, sink }: Places): Promise<Addresses> {
  const others = new Map(sink === undefined ? [] : [[anyReference, sink]])
  if (path === undefined) return new Map([...others, ...resolve])
  return new Map([...others, ...resolve, ...readAddressFile(path, await readFile(path, 'utf8'))])
}

/** Throws with every entry that is wrong. */
function readAddressFile(path: string, text: string): [string, string][] {
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch (error) {
    throw new Error(`--resolve-file: ${path} is not JSON: ${(error as Error).message}`, { cause: error })
  }
  if (!isRecord(entries)) throw new Error(`--resolve-file: ${path} must hold {"NAMESPACE/NAME": "URL"}`)
  const wrong = Object.entries(entries).flatMap(([name, url]) => {
    const place = `--resolve-file: ${path}: ${JSON.stringify(name)}`
    if (!/^[^/=\s]+\/[^/=\s]+$/.test(name)) return [`${place} must be NAMESPACE/NAME, for instance default/${name}`]
    const isUrl = typeof url === 'string' && /^https?:\/\/\S+$/.test(url) && URL.canParse(url)
    return isUrl ? [] : [`${place} must be a URL, and is ${JSON.stringify(url)}`]
  })
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return Object.entries(entries).map(([name, url]) => [name, String(url)])
}
