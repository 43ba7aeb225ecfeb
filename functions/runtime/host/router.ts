// Routes of one function: "GET /:id" and the like. Few enough that a list is the simplest router.
import type { FunctionAnswer, FunctionRequest } from './http-server.ts'
import { Problem } from './problem.ts'
import { names } from './tracing/attribute-names.ts'
import { currentSpan } from './tracing/spans.ts'

/** Of a path in an answer. */
const maxPathShown = 200

export type Route = (request: FunctionRequest, id: string) => Promise<FunctionAnswer>

/** Keys are a method and a path with at most one parameter: `POST /`, `GET /:id`, `POST /jobs/:id/abort`. */
export type Routes = Readonly<Record<string, Route>>

/** @throws Problem 404 when no path matches, 405 with Allow when the path has other methods, 400 on a bad escape */
export function route(routes: Routes, request: FunctionRequest): Promise<FunctionAnswer> {
  const allowed: string[] = []
  for (const [key, handle] of Object.entries(routes)) {
    const [method = '', path = ''] = key.split(' ')
    const id = matchPath(path, request.path)
    if (id === undefined) continue
    // HEAD is answered as GET is; the server leaves the body out. https://www.rfc-editor.org/rfc/rfc9110#section-9.1
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method]
    if (methods.includes(request.method)) {
      const span = currentSpan()
      span?.rename(`${request.method} ${path}`)
      span?.set({ [names.httpRoute]: path })
      return handle(request, id)
    }
    allowed.push(...methods)
  }
  if (allowed.length === 0)
    throw new Problem(404, 'not-found', 'Not found', `nothing is at ${request.path.slice(0, maxPathShown)}`)
  throw new Problem(405, 'method-not-allowed', 'Method not allowed', `use ${allowed.join(' or ')}`, {
    headers: { allow: allowed.join(', ') }
  })
}

/** The parameter, or an empty text for a path without one; undefined when the paths differ. */
function matchPath(path: string, actual: string): string | undefined {
  const expected = path.split('/')
  const segments = actual.split('/')
  if (expected.length !== segments.length) return undefined
  let id = ''
  for (const [at, segment] of segments.entries()) {
    if (expected[at] === ':id' && segment !== '') id = segment
    else if (expected[at] !== segment) return undefined
  }
  const decoded = decode(id)
  if (decoded === undefined || /\p{Cc}/u.test(decoded)) {
    throw new Problem(
      400,
      'bad-path',
      'Bad path',
      'the path has a malformed percent escape, or one of a control character'
    )
  }
  return decoded
}

function decode(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}
