// endpoints.json: every URL, port and pid of a running stack, for tools. It exists while all is ready, and not before. Each part
// that runs adds its own; one that the YAML does not ask for is absent.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './state/write-whole.ts'

const Pid = z.number().int().nullable()
const Protected = { url: z.string(), username: z.string(), password: z.string() }

const OfParts = {
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
  dataplane: z.object({ statusUrl: z.string(), pid: Pid })
}

const OfEveryStack = {
  ready: z.literal(true),
  /** By the name of the Service; pid is null while it is scaled to zero or down. */
  services: z.record(z.string(), z.object({ url: z.string(), pid: Pid, function: z.string() })),
  /** By the name of the function; where several Services run it, the first of them. */
  functions: z.record(z.string(), z.object({ url: z.string(), pid: Pid, service: z.string() })),
  /** Of the runtime itself: its commands talk to it. Who has the token acts on parts. */
  control: z.object({ url: z.string(), token: z.string(), pid: z.number().int() }),
  /** Takes spans by OTLP over HTTP at /v1/traces; the command `trace` shows them. */
  traces: z.object({ url: z.string(), pid: Pid }).optional(),
  kubeconfig: z.string(),
  /** The folder whose YAML is read: an edit there takes effect. */
  manifestRoot: z.string()
}

/** Of any stack. */
export const Endpoints = z.looseObject({ ...OfEveryStack, ...z.object(OfParts).partial().shape })
export type Endpoints = z.infer<typeof Endpoints>

/** Of a stack with every part. */
const WholeEndpoints = z.looseObject({ ...OfEveryStack, ...OfParts })
export type WholeEndpoints = z.infer<typeof WholeEndpoints>

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
  const json = await readJsonFile(stateDirectory)
  return json === undefined ? undefined : Endpoints.parse(json)
}

/** For tools that use every part. @throws naming those that do not run */
export async function readWholeEndpoints(stateDirectory: string): Promise<WholeEndpoints | undefined> {
  const json = await readJsonFile(stateDirectory)
  if (json === undefined) return undefined
  const { data, error } = WholeEndpoints.safeParse(json)
  if (data) return data
  const missing = error.issues.map(({ path }) => path.join('.')).join(', ')
  throw new Error(`The stack of ${stateDirectory} runs without ${missing}: its YAML does not ask for all parts.`)
}

async function readJsonFile(stateDirectory: string): Promise<unknown> {
  const text = await readFile(fileIn(stateDirectory), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}
