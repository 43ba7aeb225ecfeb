// The Kubernetes API: every object that the console draws, as the cluster has it now.
//
// A server on plain http, such as the local runtime's, is asked directly. All others are asked through `kubectl proxy`, which knows
// every way in which a kubeconfig says who one is; it listens on a socket in a folder of our own, and refuses what would change
// something.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { parse } from 'yaml'
import { z } from 'zod'

const timeoutMs = 10_000
const proxyTimeoutMs = 10_000

export interface KubernetesApi {
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string
  /** Undefined where the API has no such thing. @throws with what the API said */
  get(path: string): Promise<unknown>
  close(): Promise<void>
}

export interface KubernetesFlags {
  readonly kubeconfig: string
  readonly context?: string | undefined
}

const Named = <Field extends string, Schema extends z.ZodType>(field: Field, schema: Schema) =>
  z.array(z.object({ name: z.string(), [field]: schema } as { name: z.ZodString } & Record<Field, Schema>))

const Kubeconfig = z.object({
  'current-context': z.string().optional(),
  clusters: Named('cluster', z.object({ server: z.url() })),
  contexts: Named('context', z.object({ cluster: z.string(), namespace: z.string().optional() }))
})

export async function openKubernetes({ kubeconfig, context }: KubernetesFlags): Promise<KubernetesApi> {
  const config = Kubeconfig.safeParse(parse(await readFile(kubeconfig, 'utf8')))
  if (!config.success) throw new Error(`${kubeconfig} is no kubeconfig:\n${z.prettifyError(config.error)}`)
  const { clusters, contexts, 'current-context': current } = config.data
  const chosen = contexts.find(({ name }) => name === (context ?? current))?.context
  const server = clusters.find(({ name }) => name === chosen?.cluster)?.cluster.server
  if (chosen === undefined || server === undefined) {
    throw new Error(
      `${kubeconfig} has no context ${context ?? current}. Name one of ${contexts.map(({ name }) => name).join(', ')}.`
    )
  }
  const namespace = chosen.namespace ?? 'default'
  if (server.startsWith('http://'))
    return { namespace, get: path => getJson(server, path), close: async () => undefined }

  const proxy = await startProxy(kubeconfig, context)
  const dispatcher = new Agent({ connect: { socketPath: proxy.socket } })
  return {
    namespace,
    get: path => getJson('http://localhost', path, dispatcher),
    async close() {
      await dispatcher.close()
      await proxy.stop()
    }
  }
}

const Problem = z.object({ message: z.string() })

async function getJson(server: string, path: string, dispatcher?: Agent): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(new URL(path, server), { signal, ...(dispatcher && { dispatcher }) }).catch(
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      throw new Error(`The Kubernetes API does not answer: ${cause instanceof Error ? cause.message : cause}`)
    }
  )
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  if (response.status === 404) return undefined
  throw new Error(
    `The Kubernetes API answered ${response.status} to ${path}: ${Problem.safeParse(body).data?.message ?? ''}`
  )
}

async function startProxy(kubeconfig: string, context: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'console-')) // readable by nobody else
  const socket = join(folder, 'kubernetes.sock')
  const flags = ['--kubeconfig', kubeconfig, ...(context === undefined ? [] : ['--context', context])]
  const child = spawn(
    'kubectl',
    ['proxy', ...flags, '--unix-socket', socket, '--reject-methods', '^(POST|PUT|PATCH|DELETE)$'],
    { stdio: ['ignore', 'pipe', 'pipe'] }
  )
  const stop = async () => {
    child.kill()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await listening(child)
  } catch (error) {
    await stop()
    throw error
  }
  return { socket, stop }
}

async function listening(child: ChildProcess): Promise<void> {
  let said = ''
  child.stderr?.on('data', chunk => (said = `${said}${chunk}`.slice(-1_000)))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`kubectl proxy ended with ${code}: ${said.trim()}`)
  })
  const failed = once(child, 'error').then(([error]) => {
    throw new Error(`kubectl is needed to reach this cluster: ${(error as Error).message}`)
  })
  const tooLate = AbortSignal.timeout(proxyTimeoutMs)
  await Promise.race([once(child.stdout ?? child, 'data', { signal: tooLate }), ended, failed])
  for (const later of [ended, failed]) later.catch(() => undefined)
}
