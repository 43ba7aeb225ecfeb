// The data plane as a whole: what a plan asks for is what runs, and a new plan changes only what differs.
import type { Logger } from 'pino'
import type { Plan } from '../manifests/plan.ts'
import { DirectAddresses, type DirectAddressByUrl } from './delivery/direct-addresses.ts'
import { egressesOf, type Egress } from './egress/egress.ts'
import { EgressRunner } from './egress/egress-runner.ts'
import { brokerIngress, listen, sinkIngress, type Ingress, type IngressServer } from './ingress/ingress.ts'
import { ingressesOf, IngressRunner, type IngressSettings } from './ingress/ingress-runner.ts'
import { Clusters, type ClusterSettings } from './kafka/clusters.ts'
import type { Observer } from './observer.ts'
import { addressKey, anyReference, anyUri, type Addresses } from './plan/resolve.ts'
import type { DataPlaneStatus } from './status/status.ts'

export interface DataPlaneOptions {
  readonly kafka: ClusterSettings
  readonly ingressPort: number
  readonly sinkPort: number
  /** Addresses of Services (and of Brokers and KafkaSinks of elsewhere) by `namespace/name`. */
  readonly resolved: ReadonlyMap<string, string>
  /** Whether the topics of Brokers, and of KafkaSinks that ask for it, are made here; they are unless somebody else does. */
  readonly makesTopics?: boolean
  /** Takes the place of every absolute URI outside the cluster. */
  readonly uriSink?: string
  readonly log: Logger
  readonly observer?: Observer | undefined
}

/** The part of a plan this is about. */
export type DataPlanePlan = Pick<Plan, 'kafkaSources' | 'kafkaSinks' | 'brokers' | 'triggers'> &
  Partial<Pick<Plan, 'objects'>>

interface Running {
  readonly runner: EgressRunner
  /** Another one of these means another consumer. */
  readonly consumption: string
}

export class DataPlane {
  private readonly options: DataPlaneOptions
  private readonly clusters: Clusters
  private readonly running = new Map<string, Running>()
  /** By kind, namespace and name. */
  private readonly ingresses = new Map<string, IngressRunner>()
  private brokerIngresses = new Map<string, Ingress>()
  private sinkIngresses = new Map<string, Ingress>()
  private addresses: Addresses = new Map()
  private readonly directly = new DirectAddresses()
  private resolved: ReadonlyMap<string, string>
  private plan: DataPlanePlan = { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [] }
  private ingressServer: IngressServer | undefined
  private sinkServer: IngressServer | undefined
  private applying: Promise<void> = Promise.resolve()
  private stopped = false

  private constructor(options: DataPlaneOptions) {
    this.options = options
    this.clusters = new Clusters(options.kafka, options.log)
    this.resolved = options.resolved
  }

  static async start(options: DataPlaneOptions): Promise<DataPlane> {
    const dataPlane = new DataPlane(options)
    await dataPlane.listen()
    return dataPlane
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.ingressServer?.port}`
  }

  get sinkUrl(): string {
    return `http://127.0.0.1:${this.sinkServer?.port}`
  }

  /** Makes the plan what runs. Plans are applied one after the other. */
  apply(plan: DataPlanePlan): Promise<void> {
    const applied = this.applying.then(() => this.change(plan))
    this.applying = applied.catch(() => undefined) // reported to whoever brought this plan; the next one is applied all the same
    return applied
  }

  /** New addresses take effect with the next record; what waits for one starts within a second. */
  resolve(resolved: ReadonlyMap<string, string>): void {
    this.resolved = resolved
    this.readAddresses()
  }

  /** Past the ports of Services, from the next record on. Resolves when nothing is under way by another way past them. */
  sendDirectly(addresses: DirectAddressByUrl): Promise<void> {
    return this.directly.set(addresses)
  }

  status(problems: readonly string[] = []): DataPlaneStatus {
    const sources = Array.from(this.running.values(), ({ runner }) => runner.status())
    const ingresses = Array.from(this.ingresses.values(), runner => runner.status())
    return {
      ready: [...sources, ...ingresses].every(({ ready }) => ready),
      ingressUrl: this.ingressUrl,
      sinkUrl: this.sinkUrl,
      sources,
      ingresses,
      problems,
      ...(this.options.observer && { spans: this.options.observer.counts() })
    }
  }

  /** Deliveries under way get `drainMs` to end; then the ingresses close, whose dead letters these may be. */
  async stop(drainMs: number): Promise<void> {
    this.stopped = true
    await this.applying
    await Promise.all(Array.from(this.running, ([key, { runner }]) => this.stopRunner(key, runner, drainMs)))
    await Promise.all([this.ingressServer?.close(), this.sinkServer?.close()])
    await Promise.all(Array.from(this.ingresses.values(), runner => runner.stop()))
    await this.clusters.close()
  }

  private async listen(): Promise<void> {
    const { ingressPort, sinkPort, log, observer } = this.options
    this.ingressServer = await listen(ingressPort, brokerIngress, () => this.brokerIngresses, log, observer)
    this.sinkServer = await listen(sinkPort, sinkIngress, () => this.sinkIngresses, log, observer)
  }

  private async change(plan: DataPlanePlan): Promise<void> {
    if (this.stopped) return
    this.plan = plan
    this.clusters.follow(plan)
    await this.changeIngresses(ingressesOf(plan, this.options.makesTopics ?? true))
    this.readAddresses()

    const wanted = new Map(egressesOf(plan).map(egress => [nameOf(egress), egress]))
    const gone = [...this.running].filter(([key, { consumption }]) => {
      const egress = wanted.get(key)
      return egress === undefined || consumptionOf(egress) !== consumption
    })
    for (const [key] of gone) this.running.delete(key)
    await Promise.all(gone.map(([key, { runner }]) => this.stopRunner(key, runner, DRAIN_OF_CHANGED_MS)))
    for (const [key, egress] of wanted) {
      const present = this.running.get(key)
      if (present === undefined) this.run(key, egress)
      else present.runner.update(egress)
    }
  }

  private async changeIngresses(wanted: readonly IngressSettings[]): Promise<void> {
    const names = new Map(wanted.map(settings => [nameOf(settings), settings]))
    for (const [name, runner] of this.ingresses) {
      const settings = names.get(name)
      if (settings !== undefined) runner.update(settings)
      else {
        this.ingresses.delete(name)
        await runner.stop()
      }
    }
    for (const [name, settings] of names) {
      if (this.ingresses.has(name)) continue
      const runner = new IngressRunner(settings, this.clusters, this.options.log)
      this.ingresses.set(name, runner)
      runner.start()
    }
    this.brokerIngresses = this.pathsOf('Broker')
    this.sinkIngresses = this.pathsOf('KafkaSink')
  }

  private pathsOf(kind: IngressSettings['kind']): Map<string, Ingress> {
    const runners = [...this.ingresses.values()].filter(({ settings }) => settings.kind === kind)
    return new Map(
      runners.map(runner => {
        const { namespace, name, topic, contentMode, budget } = runner.settings
        return [`/${namespace}/${name}`, { topic, contentMode, budget, write: record => runner.write(record) }]
      })
    )
  }

  private run(key: string, egress: Egress): void {
    const runner = new EgressRunner(egress, {
      clusters: this.clusters,
      addresses: () => this.addresses,
      directly: this.directly,
      log: this.options.log,
      observer: this.options.observer
    })
    this.running.set(key, { runner, consumption: consumptionOf(egress) })
    runner.start()
  }

  /** A source that fails to stop keeps no other from stopping. */
  private async stopRunner(key: string, runner: EgressRunner, drainMs: number): Promise<void> {
    await runner.stop(drainMs).catch((error: unknown) => {
      this.options.log.error({ error: (error as Error).message }, `${key} did not stop cleanly`)
    })
  }

  private readAddresses(): void {
    const addresses = new Map<string, string>()
    for (const { namespace, name } of this.plan.brokers) {
      addresses.set(addressKey('Broker', namespace, name), `${this.ingressUrl}/${namespace}/${name}`)
    }
    for (const { namespace, name } of this.plan.kafkaSinks) {
      addresses.set(addressKey('KafkaSink', namespace, name), `${this.sinkUrl}/${namespace}/${name}`)
    }
    // What is given by name wins over what runs here.
    for (const [name, url] of this.resolved) {
      addresses.set(name === anyReference ? name : `* ${name}`, url)
      for (const kind of ['Broker', 'KafkaSink'])
        if (addresses.has(`${kind} ${name}`)) addresses.set(`${kind} ${name}`, url)
    }
    if (this.options.uriSink !== undefined) addresses.set(anyUri, this.options.uriSink)
    this.addresses = addresses
  }
}

/** A changed source has this long to finish what is under way before its successor starts. */
const DRAIN_OF_CHANGED_MS = 5000

function nameOf({ kind, namespace, name }: Pick<Egress | IngressSettings, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}

/** Other credentials for the same Kafka are followed by the runner. */
function consumptionOf({ place, group, topics, ordering, initialOffset, readUncommitted, waitsFor }: Egress): string {
  return JSON.stringify([place.bootstrapServers, group, topics, ordering, initialOffset, readUncommitted, waitsFor])
}
