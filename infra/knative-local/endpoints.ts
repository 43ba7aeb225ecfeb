// endpoints.json: every URL, port and pid of a running stack, for tools. It exists while all is ready, and not before.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Control } from './control.ts'
import type { Plan } from './manifests/plan.ts'
import { functionOf } from './serving/environment.ts'
import { psqlCommand } from './parts/postgres-service.ts'
import type { RunningProcess } from './parts/processes.ts'
import { writeWhole } from './parts/write-whole.ts'
import type { Stack } from './stack.ts'

const Pid = z.number().int().nullable()
const Protected = { url: z.string(), username: z.string(), password: z.string() }

export const Endpoints = z.object({
  ready: z.literal(true),
  /** By the name of the folder; pid is null while a function is scaled to zero or down. */
  functions: z.record(z.string(), z.object({ url: z.string(), pid: Pid, service: z.string() })),
  /** Of the Broker ingress; its path is /NAMESPACE/BROKER. */
  ingress: z.object({ url: z.string() }),
  /** Of the KafkaSink ingress; its path is /NAMESPACE/SINK. */
  sinkIngress: z.object({ url: z.string() }),
  kafka: z.object({
    bootstrap: z.string(),
    brokers: z.array(z.object({ id: z.number(), port: z.number(), pid: Pid }))
  }),
  /** `psql` is a command line that reads the password from a file. */
  postgres: z.object({ url: z.string(), pid: Pid, psql: z.string() }),
  /** Both ask for user and password. */
  registry: z.object({ ...Protected, pid: Pid }),
  connect: z.object({ ...Protected, pid: Pid }),
  dataplane: z.object({ statusUrl: z.string(), pid: Pid }),
  /** Of the runtime itself: `npm run local` talks to it. Who has the token acts on parts. */
  control: z.object({ url: z.string(), token: z.string(), pid: z.number().int() }),
  /** Takes spans by OTLP over HTTP at /v1/traces; `npm run local -- trace` shows them. */
  traces: z.object({ url: z.string(), pid: Pid }),
  kubeconfig: z.string(),
  /** The folder whose YAML is read: an edit there takes effect. */
  manifestRoot: z.string()
})
export type Endpoints = z.infer<typeof Endpoints>

const fileIn = (stateDirectory: string) => join(stateDirectory, 'endpoints.json')

export interface EndpointsFile {
  /** Makes the file. */
  publish(describe: () => Endpoints): Promise<void>
  /** Writes it again, once it has been published: a pid has changed. */
  refresh(): void
  /** Nothing is written after this. */
  remove(): Promise<void>
}

export function createEndpointsFile(stateDirectory: string): EndpointsFile {
  const file = fileIn(stateDirectory)
  const described: (() => Endpoints)[] = []
  let queue = Promise.resolve()
  const write = (): Promise<void> => {
    const [describe] = described
    if (describe) queue = queue.then(() => writeWhole(file, describe()))
    return queue
  }
  return {
    publish(describe) {
      described.push(describe)
      return write()
    },
    refresh: () => void write().catch(() => undefined), // the next change writes it again
    async remove() {
      described.length = 0
      await queue.catch(() => undefined)
      await rm(file, { force: true })
    }
  }
}

export async function readEndpoints(stateDirectory: string): Promise<Endpoints | undefined> {
  const text = await readFile(fileIn(stateDirectory), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Endpoints.parse(JSON.parse(text))
}

export interface Described {
  readonly stack: Stack
  readonly plan: Plan
  readonly control: Control
  readonly stateDirectory: string
  readonly manifestRoot: string
}

export function describeEndpoints({ stack, plan, control, stateDirectory, manifestRoot }: Described): Endpoints {
  const { functions, bootstrap, brokers, postgres, databaseUrl, registry, connect, dataplane, traces } = stack
  return {
    ready: true,
    functions: Object.fromEntries(
      plan.services.flatMap(service => {
        const running = functions.services.get(service.name)
        if (!running) return []
        return [[functionOf(service), { url: running.url, pid: running.pid() ?? null, service: service.name }]]
      })
    ),
    ingress: { url: dataplane.ingressUrl },
    sinkIngress: { url: dataplane.sinkIngressUrl },
    kafka: {
      bootstrap: bootstrap.join(','),
      brokers: brokers.map(broker => ({ id: broker.id, port: broker.port, pid: pidOf(broker) }))
    },
    postgres: {
      url: databaseUrl,
      pid: pidOf(postgres),
      psql: psqlCommand(stateDirectory, databaseUrl)
    },
    registry: { ...registry.address, pid: pidOf(registry) },
    connect: { ...connect.address, pid: pidOf(connect) },
    dataplane: { statusUrl: dataplane.statusUrl, pid: pidOf(dataplane) },
    control: { url: control.url, token: control.token, pid: process.pid },
    traces: { url: traces.url, pid: pidOf(traces) },
    kubeconfig: join(stateDirectory, 'kubeconfig'),
    manifestRoot
  }
}

function pidOf(part: { process(): RunningProcess | undefined }): number | null {
  const running = part.process()
  return running?.isRunning() ? running.pid : null
}
