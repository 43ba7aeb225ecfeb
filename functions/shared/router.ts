// Routes of one function: "GET /:id" and the like. Few enough that a list is the simplest router.
import type { FunctionAnswer, FunctionRequest } from './http-server.ts'
import { Problem } from './problem.ts'

export type Route = (request: FunctionRequest, parameter: string) => Promise<FunctionAnswer>

/** Keys are a method and a path with at most one parameter as its last segment: `POST /`, `GET /:id`. */
export type Routes = Readonly<Record<string, Route>>

/** @throws Problem 404 when no path matches, 405 with Allow when the path has other methods, 400 on a bad escape */
export function route(routes: Routes, request: FunctionRequest): Promise<FunctionAnswer> {
  const allowed: string[] = []
  for (const [key, handle] of Object.entries(routes)) {
    const [method = '', path = ''] = key.split(' ')
    const parameter = matchPath(path, request.path)
    if (parameter === undefined) continue
    if (method === request.method) return handle(request, parameter)
    allowed.push(method)
  }
  if (allowed.length === 0) throw new Problem(404, 'not-found', 'Not found', `nothing is at ${request.path}`)
  throw new Problem(405, 'method-not-allowed', 'Method not allowed', `use ${allowed.join(' or ')}`, {
    headers: { allow: allowed.join(', ') }
  })
}

function matchPath(path: string, actual: string): string | undefined {
  if (!path.endsWith('/:id')) return path === actual ? '' : undefined
  const base = path.slice(0, -':id'.length)
  const rest = actual.startsWith(base) ? actual.slice(base.length) : ''
  if (rest === '' || rest.includes('/')) return undefined
  try {
    return decodeURIComponent(rest)
  } catch {
    throw new Problem(400, 'bad-path', 'Bad path', 'the path has a malformed percent escape')
  }
}
