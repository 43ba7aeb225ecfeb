// Why a Kafka does not answer, from what kafkajs says: the address, the cause, and what to look at.
import type { Security } from './security.ts'

/** kafkajs wraps errors in others; each of these may be on any of them. */
interface KafkaError {
  readonly name?: string
  readonly message: string
  readonly type?: string
  readonly code?: string | number
  readonly broker?: string
  readonly host?: string
  readonly port?: number
  readonly cause?: unknown
}

/** OpenSSL's names: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE'
])
const NO_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])

export function explainKafkaError(error: unknown, servers: readonly string[], security: Security): string {
  const chain = causes(error)
  const refusal = chain.find(({ type }) => type?.endsWith('_AUTHORIZATION_FAILED'))
  if (refusal !== undefined) return `not authorized (${refusal.type})`
  const [first] = chain
  const refused = chain.find(({ name }) => name === 'KafkaJSSASLAuthenticationError')
  if (refused !== undefined) return `${refused.message}${hintOfLineBreak(security)}`
  const connection = chain.findLast(({ broker }) => broker !== undefined)
  if (connection === undefined) return `${servers.join(',')}: ${first?.message ?? String(error)}`
  const broker = connection.broker ?? ''
  const why = explainConnection(connection, broker, security)
  if (servers.includes(broker)) return why
  return `${servers.join(',')} advertises ${broker}, which fails from this machine: ${why}. Name a listener whose advertised address is reached from here (advertised.listeners of the broker)`
}

function explainConnection({ message, code }: KafkaError, broker: string, { ssl, sasl }: Security): string {
  const tls = String(code)
  const certificate = typeof ssl === 'object' ? ssl.cert : undefined
  if (UNKNOWN_AUTHORITY.has(tls))
    return `the certificate of ${broker} is signed by an unknown authority (${tls}): ca.crt must hold the CA that signed it`
  if (tls === 'CERT_HAS_EXPIRED') return `the certificate of ${broker}, or of its CA, has expired (${tls})`
  if (tls === 'CERT_NOT_YET_VALID') return `the certificate of ${broker} is not valid yet (${tls})`
  if (tls === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of ${broker} is of another host: ${message}`
  if (NO_TLS.has(tls)) return `${broker} does not speak TLS (${tls}); the credentials ask for it`
  if (/ALERT/.test(tls) || /\balert\b/.test(message))
    return certificate === undefined
      ? `${broker} asks for a certificate (user.crt), and the credentials have none: ${alertOf(message)}`
      : `${broker} refused the certificate that it was shown (user.crt): ${alertOf(message)}`
  // Node's words when a connection ends before the handshake does.
  if (message.includes('before secure TLS connection'))
    return `${broker} broke off the TLS handshake: it may speak no TLS, or ask for a certificate (user.crt)`
  if (message === 'Closed connection' || tls === 'ECONNRESET')
    return `${broker} closed the connection: it may ask for ${ssl === undefined ? 'TLS' : 'a certificate (user.crt)'}${sasl === undefined ? ' or SASL' : ''}`
  return `${broker}: ${message}`
}

function alertOf(message: string): string {
  return /alert [a-z ]+/.exec(message)?.[0]?.trim() ?? message
}

/** `echo secret > password` writes a line break too, which Kubernetes would hand out as well. */
function hintOfLineBreak({ sasl }: Security): string {
  const values = sasl !== undefined && 'password' in sasl ? [sasl.username, sasl.password] : []
  return values.some(value => /[\r\n]$/.test(value)) ? '. The user or the password ends with a line break' : ''
}

function causes(error: unknown): KafkaError[] {
  const chain: KafkaError[] = []
  for (let next = error; next instanceof Error && chain.length < 10;) {
    chain.push(next as KafkaError)
    const [firstOf] = (next as { errors?: unknown[] }).errors ?? []
    next = firstOf ?? next.cause
  }
  return chain
}
