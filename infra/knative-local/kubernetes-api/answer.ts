// Which answer a request gets.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plan } from '../manifests/plan.ts'
import { noSuchResource, notFound, statusObject, type Failure } from './api-status.ts'
import { aggregatedDiscovery, groupList, groupOf, resourceList } from './discovery.ts'
import { isOfType } from './is-of-type.ts'
import type { ObjectStore } from './object-store.ts'
import { openApiOf, openApiPaths } from './open-api.ts'
import { parseResourcePath, type ResourceRequest } from './resource-request.ts'
import { joinApiVersion, resourceTypes, type ResourceType } from './resource-types.ts'
import { fieldSelector, labelSelector, type Selector } from './selectors.ts'
import type { ServedObject } from './served-objects.ts'
import { table, type IncludeObject } from './table.ts'
import type { Watches } from './watches.ts'

export interface Context {
  readonly store: ObjectStore
  readonly watches: Watches
  readonly plan: Plan
  readonly now: Date
}

/** kubectl compares it with its own: a client may be one minor version older or newer. */
const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0-local',
  platform: `${process.platform}/${process.arch}`
}

export function answer(request: IncomingMessage, response: ServerResponse, context: Context): void {
  const url = targetOf(request.url ?? '/')
  const accept = request.headers.accept ?? ''
  const types = resourceTypes(context.plan)
  const send = (body: unknown, contentType = 'application/json') =>
    void response.writeHead(200, { 'content-type': contentType }).end(`${JSON.stringify(body)}\n`)
  const fail = (failure: Failure) =>
    void response
      .writeHead(failure.code, { 'content-type': 'application/json' })
      .end(`${JSON.stringify(statusObject(failure))}\n`)

  if (request.method !== 'GET') return fail(readOnly(parseResourcePath(url.pathname, types), context.plan))

  const general = generalAnswer(url.pathname, accept, types)
  if (general !== undefined) return send(general.body, general.contentType)

  const asked = parseResourcePath(url.pathname, types)
  if (asked === undefined) return fail(noSuchResource)
  const { type, name } = asked
  const asTable = /as=Table/.test(accept)
  const include = includeOf(url.searchParams.get('includeObject'))
  const select = selectorOf(asked, url.searchParams)
  const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '')

  if (isWatch) {
    const from = url.searchParams.get('resourceVersion') ?? ''
    const timeoutSeconds = Number(url.searchParams.get('timeoutSeconds') ?? 0)
    const bookmarks = url.searchParams.get('allowWatchBookmarks') === 'true'
    return context.watches.open(request, response, {
      type,
      version: asked.version,
      select,
      from,
      timeoutSeconds,
      bookmarks,
      asTable,
      include
    })
  }

  const matching = context.store.objects().filter(object => isOfType(object, type) && select(object))
  const resourceVersion = String(context.store.version)
  if (name !== undefined) {
    const [object] = matching
    if (object === undefined || (asked.subresource !== undefined && asked.subresource !== 'status'))
      return fail(notFound(type.plural, type.group, name))
    return send(
      asTable ? table(type, [object], include, object.metadata.resourceVersion, context.now) : inVersion(object, asked)
    )
  }
  if (asTable) return send(table(type, matching, include, resourceVersion, context.now))
  send({
    kind: `${type.kind}List`,
    apiVersion: joinApiVersion(type.group, asked.version),
    metadata: { resourceVersion },
    items: matching.map(object => inVersion(object, asked))
  })
}

/**
 * Origin form or absolute form (RFC 9112, 3.2). A path that begins with `//` is no authority.
 * @throws URIError for what is neither
 */
function targetOf(target: string): URL {
  const url = target.startsWith('/') ? `http://127.0.0.1${target}` : target
  if (!URL.canParse(url)) throw new URIError(`${target} is no path`)
  return new URL(url)
}

/** The answers that are about no object. */
function generalAnswer(
  path: string,
  accept: string,
  types: readonly ResourceType[]
): { body: unknown; contentType?: string } | undefined {
  if (path === '/version') return { body: version }
  if (path === '/healthz' || path === '/readyz' || path === '/livez') return { body: 'ok' }
  const paths = openApiPaths(types)
  if (path === '/openapi/v3') return { body: { paths } }
  const openApi = /^\/openapi\/v3\/apis?\/(.*)$/.exec(path)?.[1]
  if (openApi !== undefined) return { body: openApiOf(types, openApi) }
  if (path === '/api' || path === '/apis') {
    const aggregated = /g=apidiscovery\.k8s\.io;v=(v2(?:beta1)?);as=APIGroupDiscoveryList/.exec(accept)?.[1]
    if (aggregated !== undefined) {
      return {
        body: aggregatedDiscovery(types, path === '/api', aggregated),
        contentType: `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`
      }
    }
    return {
      body:
        path === '/api' ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : groupList(types)
    }
  }
  const [, root, group = '', served, ...more] = path.split('/')
  if (root === 'api' && served === undefined) return found(resourceList(types, '', group))
  if (root === 'apis' && more.length === 0)
    return found(served === undefined ? groupOf(types, group) : resourceList(types, group, served))
  return undefined
}

function found(body: unknown): { body: unknown } | undefined {
  return body === undefined ? undefined : { body }
}

function readOnly(asked: ResourceRequest | undefined, plan: Plan): Failure {
  const object = plan.objects.find(
    ({ kind, metadata }) =>
      kind === asked?.type.kind && metadata.name === asked.name && metadata.namespace === (asked.namespace ?? '')
  )
  const where = object === undefined ? 'the YAML file' : object.origin.file
  return {
    code: 405,
    reason: 'MethodNotAllowed',
    message: `this API is read-only. Edit ${where}: the change takes effect when the file is saved`,
    details:
      asked === undefined
        ? {}
        : { ...(asked.name !== undefined && { name: asked.name }), group: asked.type.group, kind: asked.type.plural }
  }
}

function selectorOf({ namespace, name }: ResourceRequest, parameters: URLSearchParams): Selector {
  const byLabel = labelSelector(parameters.get('labelSelector') ?? '')
  const byField = fieldSelector(parameters.get('fieldSelector') ?? '')
  return object =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    byLabel(object) &&
    byField(object)
}

/** The versions that are served have the same fields. */
function inVersion(object: ServedObject, { type, version: asked }: ResourceRequest): ServedObject {
  return { ...object, apiVersion: joinApiVersion(type.group, asked) }
}

function includeOf(parameter: string | null): IncludeObject {
  return parameter === 'None' || parameter === 'Object' ? parameter : 'Metadata'
}
