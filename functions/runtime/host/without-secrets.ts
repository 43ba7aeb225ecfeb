// Errors repeat what they failed with: a connection string with its password, a header with its token.

const secrets: readonly [RegExp, string][] = [
  [/(\w:\/\/)[^/\s]*@/g, '$1***@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [
    /((?:password|passwd|secret|token|api[-_]?key|authorization)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&}]+)/gi,
    '$1***'
  ]
]

/** A text that may be kept and shown. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((shown, [secret, mask]) => shown.replace(secret, mask), text)
}
