// Which requests a port of this machine takes. It listens on loopback, and a page in a browser still reaches it there: under a
// name of its own that leads to 127.0.0.1 (DNS rebinding), or by a POST across sites, which needs nobody's leave.
//
//   Host     a name of loopback, or what the port is called in the cluster; everything else is misdirected (421)
//   Origin   where a request may change something, a page of loopback or of those names; everything else is refused (403)
//
// curl, kubectl, func, k6 and Knative send no Origin and a Host that is one of these.
import type { IncomingMessage, RequestListener } from 'node:http'

export interface Refusal {
  readonly status: 400 | 403 | 421
  readonly reason: string
}

/** RFC 9110, 9.2.1 */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const shownCharacters = 100
const lingerMs = 1_000

/** `clusterNames`: what the port is called in the cluster, `name.namespace` each. */
export function refusal(request: IncomingMessage, clusterNames: readonly string[] = []): Refusal | undefined {
  const { host, origin, 'sec-fetch-site': site } = request.headers
  const hosts = request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
  if (hosts.length > 1) return { status: 400, reason: 'a request has one Host header' }
  const isOurs = (name: string) => isLoopback(name) || isOfCluster(name, clusterNames)

  // A request target may name the host too, and then that one counts: RFC 9112, 3.2.2.
  const named = /^https?:\/\/([^/?#]*)/i.exec(request.url ?? '')?.[1] ?? host
  if (named !== undefined && !isOurs(hostname(named))) {
    const names = ['localhost', '127.0.0.1', ...clusterNames.map(name => `${name}.svc.cluster.local`)]
    return { status: 421, reason: `${shown(named)} is not served here; this port answers to ${names.join(', ')}` }
  }
  if (safeMethods.has(request.method ?? '')) return undefined
  if (origin !== undefined) {
    if (isOurs(hostname(/^https?:\/\/(.*)$/i.exec(origin)?.[1] ?? ''))) return undefined
    return { status: 403, reason: `a page of ${shown(origin)} may change nothing here` }
  }
  return site === 'cross-site' ? { status: 403, reason: 'a page of another site may change nothing here' } : undefined
}

/** Answers what is refused, and hands everything else on. */
export function guarded(clusterNames: readonly string[], listener: RequestListener): RequestListener {
  return (request, response) => {
    const refused = refusal(request, clusterNames)
    if (!refused) return listener(request, response)
    response.writeHead(refused.status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${refused.reason}\n`)
    // Closed at once, the connection would be reset under a client that still sends, and it would not see the answer.
    request.resume()
    const timer = setTimeout(() => request.destroy(), lingerMs)
    request.once('close', () => clearTimeout(timer))
  }
}

/** Without the port, and without the dot that ends a full name. */
function hostname(authority: string): string {
  return (/^(\[[^\]]*\]|[^:]*?)\.?(?::\d*)?$/.exec(authority)?.[1] ?? authority).toLowerCase()
}

/** RFC 6761, 6.3: names that never lead anywhere else. */
function isLoopback(name: string): boolean {
  return /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name)
}

function isOfCluster(name: string, clusterNames: readonly string[]): boolean {
  return clusterNames.some(ours => name === `${ours}.svc` || name === `${ours}.svc.cluster.local`)
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, shownCharacters))
}
