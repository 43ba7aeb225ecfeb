// Which requests the console answers, and what a browser may do with the answers.
//
// It listens on loopback, where every page of the same browser reaches it. So: the Host is one of loopback (no DNS rebinding), whatever
// changes something comes from a page of this very server as JSON, which no form and no simple request can send, and data is for
// this server's own pages. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
import type { IncomingMessage } from 'node:http'
import { refusal } from '../../knative-local/index.ts'

export interface Refusal {
  readonly status: number
  readonly reason: string
}

/** What comes from an event is text: no script but the console's own runs, and no text becomes HTML. */
export const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer'
} as const

export function refusedBy(request: IncomingMessage): Refusal | undefined {
  const refused = refusal(request)
  if (refused) return refused
  const { host, origin, 'sec-fetch-site': site = 'same-origin', 'sec-fetch-mode': mode } = request.headers
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isNavigation = mode === 'navigate' && isRead && !request.url?.startsWith('/api/')
  if (isNavigation) return undefined
  // Another port of loopback is another site's page too, and `same-site` to a browser.
  if (site !== 'same-origin' && site !== 'none')
    return { status: 403, reason: 'only pages of the console itself may ask for this' }
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, reason: 'only pages of the console itself may ask for this' }
  if (!isRead && !/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return { status: 415, reason: 'send application/json' }
  }
  return undefined
}
