// What a request asks for, from its request line. https://www.rfc-editor.org/rfc/rfc9112#section-3.2

export interface RequestTarget {
  readonly path: string
  /** Of a target that names the host: it counts, and not the Host header. */
  readonly host?: string
}

export interface BadTarget {
  readonly status: 400 | 405
  readonly reason: string
}

export function readTarget(method: string, target: string): RequestTarget | BadTarget {
  if (target.startsWith('/')) return { path: target }
  const [, host, path = ''] = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(target) ?? []
  if (host !== undefined) return { path: path.startsWith('/') ? path : `/${path}`, host }
  if (target === '*' && method === 'OPTIONS') {
    return { status: 405, reason: 'OPTIONS is not answered for the server as a whole, but by what is at a path' }
  }
  return { status: 400, reason: 'the request target is neither a path nor a URL' }
}
