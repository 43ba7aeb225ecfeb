// A read-only Kubernetes API over the plan and its live state, on loopback, for `kubectl get`.
//
//   const api = await startKubernetesApi({ port: 0, plan: () => plan, state: () => state, kubeconfigPath: '.local/kubeconfig' })
//   KUBECONFIG=.local/kubeconfig kubectl get kafkasources
//
// Plain http without credentials: it listens on loopback only, answers no page of a browser, and changes nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refusal } from '../http/guard.ts'
import type { Plan } from '../manifests/plan.ts'
import { answer } from './answer.ts'
import { statusObject, type Failure } from './api-status.ts'
import { removeKubeconfig, writeKubeconfig } from './kubeconfig.ts'
import type { LiveState } from './live-state.ts'
import { ObjectStore } from './object-store.ts'
import { InvalidSelector } from './selectors.ts'
import { Watches } from './watches.ts'

export interface KubernetesApiOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly plan: () => Plan
  readonly state: () => LiveState
  readonly kubeconfigPath: string
  /** For AGE; the wall clock when left out. */
  readonly now?: () => Date
}

export interface KubernetesApi {
  readonly url: string
  readonly stop: () => Promise<void>
}

const host = '127.0.0.1'

export async function startKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const now = options.now ?? (() => new Date())
  const store = new ObjectStore({ plan: options.plan, state: options.state, now })
  const watches = new Watches(store, now)

  const server = createServer((request, response) => {
    try {
      const refused = refusalOf(request)
      if (refused !== undefined) return sendFailure(response, refused)
      store.refresh()
      answer(request, response, { store, watches, plan: options.plan(), now: now() })
    } catch (error) {
      const invalid = error instanceof InvalidSelector || error instanceof URIError
      sendFailure(response, {
        code: invalid ? 400 : 500,
        reason: invalid ? 'BadRequest' : 'InternalError',
        message: error instanceof Error ? error.message : String(error)
      })
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${host}:${port}`
  await writeKubeconfig(options.kubeconfigPath, url, mainNamespace(options.plan()))

  return {
    url,
    async stop() {
      watches.stop()
      await removeKubeconfig(options.kubeconfigPath)
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    }
  }
}

/** kubectl sends no Origin, whatever it asks for. */
function refusalOf(request: IncomingMessage): Failure | undefined {
  const refused = refusal(request)
  if (!refused && request.headers.origin === undefined) return undefined
  return { code: 403, reason: 'Forbidden', message: refused?.reason ?? `this API answers kubectl at ${host} only` }
}

function sendFailure(response: ServerResponse, failure: Failure): void {
  if (response.headersSent) return void response.destroy()
  response
    .writeHead(failure.code, { 'content-type': 'application/json' })
    .end(`${JSON.stringify(statusObject(failure))}\n`)
}

/** Where most objects are, so that kubectl needs no -n. */
function mainNamespace(plan: Plan): string {
  const counts = new Map<string, number>()
  for (const { metadata } of plan.objects) {
    if (metadata.namespace !== '') counts.set(metadata.namespace, (counts.get(metadata.namespace) ?? 0) + 1)
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 'default'
}
