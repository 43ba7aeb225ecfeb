const schemeAndAuthority = /^https?:\/\/[^/?#]*/i

/** The path of a request target in origin form or, as every server has to take it, in absolute form (RFC 9112, 3.2.2). */
export function requestPath(target = '/'): string {
  const path = target.replace(schemeAndAuthority, '').split('?', 1)[0] ?? ''
  return path === '' ? '/' : path
}
