// endpoints.json: every URL, port and pid of a running stack, for tools. It exists while all is ready, and not before.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Pid = z.number().int().nullable()

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
  postgres: z.object({ url: z.string(), pid: Pid }),
  registry: z.object({ url: z.string(), pid: Pid }),
  connect: z.object({ url: z.string(), pid: Pid }),
  dataplane: z.object({ statusUrl: z.string(), pid: Pid }),
  /** Of the runtime itself: `npm run local` talks to it. */
  control: z.object({ url: z.string(), pid: z.number().int() }),
  kubeconfig: z.string()
})
export type Endpoints = z.infer<typeof Endpoints>

const fileIn = (stateDirectory: string) => join(stateDirectory, 'endpoints.json')

/** Whole, by rename: a reader sees the old file or the new one. Readable by its owner only, as it holds a password. */
export async function writeEndpoints(stateDirectory: string, endpoints: Endpoints): Promise<void> {
  const file = fileIn(stateDirectory)
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 })
  await rename(fresh, file)
}

export async function readEndpoints(stateDirectory: string): Promise<Endpoints | undefined> {
  const text = await readFile(fileIn(stateDirectory), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Endpoints.parse(JSON.parse(text))
}

export async function removeEndpoints(stateDirectory: string): Promise<void> {
  await rm(fileIn(stateDirectory), { force: true })
}
