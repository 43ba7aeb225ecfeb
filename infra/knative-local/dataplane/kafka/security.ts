// What a Kafka client needs of a Secret, by the rules of Knative.
// https://github.com/knative-extensions/eventing-kafka-broker/blob/knative-v1.23.0/control-plane/pkg/security/secret.go
import { X509Certificate } from 'node:crypto'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import type { KafkaConfig, SASLOptions } from 'kafkajs'

/** The values of a Secret by their keys. */
export type SecretValues = ReadonlyMap<string, Buffer>

/** What kafkajs is given. */
export type Security = Pick<KafkaConfig, 'ssl' | 'sasl'>

const mechanisms = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const
const protocols = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SSL', 'SASL_SSL']

/** Throws with the key that is wrong, never with a value. `needsCertificate`: with protocol SSL, a Secret must bring a user's. */
export function toSecurity(values: SecretValues, needsCertificate: boolean): Security {
  const protocol = values.get('protocol')?.toString()
  if (protocol === undefined || !protocols.includes(protocol))
    throw new Error(
      `protocol ${protocol === undefined ? 'required' : 'unsupported'} (key: protocol), supported protocols: ${protocols.join(', ')}`
    )
  const at = `[protocol ${protocol}]`
  return {
    ...(protocol.startsWith('SASL_') && { sasl: toSasl(values, at) }),
    ...(protocol.endsWith('SSL') && { ssl: toTls(values, at, needsCertificate && protocol === 'SSL') })
  }
}

function toSasl(values: SecretValues, at: string): SASLOptions {
  const mechanism = values.get('sasl.mechanism')?.toString() ?? 'PLAIN'
  const known = Object.entries(mechanisms).find(([name]) => name === mechanism)?.[1]
  if (known === undefined) {
    const supported = Object.keys(mechanisms).join(', ')
    throw new Error(`${at} unsupported SASL mechanism (key: sasl.mechanism), supported here: ${supported}`)
  }
  const [username, password] = ['user', 'password'].map(key => {
    const value = values.get(key)?.toString() ?? ''
    if (value === '') throw new Error(`${at} SASL ${key} required (key: ${key})`)
    return value
  })
  return { mechanism: known, username: String(username), password: String(password) }
}

function toTls(values: SecretValues, at: string, needsCertificate: boolean): ConnectionOptions {
  const [ca, cert, key] = ['ca.crt', 'user.crt', 'user.key'].map(name => values.get(name)?.toString())
  if (ca !== undefined && !isCertificate(ca)) throw new Error(`${at} failed to parse CA certificates (key: ca.crt)`)
  const skips = needsCertificate && isTrue(values.get('user.skip')?.toString(), at)
  for (const [name, value] of Object.entries({ 'user.key': key, 'user.crt': cert })) {
    const isHalf = value === undefined && (cert !== undefined || key !== undefined)
    if (value === undefined && (isHalf || (needsCertificate && !skips)))
      throw new Error(`${at} required user key (key: ${name}) - use "user.skip: true" to disable client auth`)
  }
  if (key?.includes('-----BEGIN RSA PRIVATE KEY-----'))
    throw new Error(
      `${at} unsupported user key format in user.key: PKCS #1; convert it to PKCS #8: openssl pkcs8 -topk8 -nocrypt`
    )
  const options: ConnectionOptions = {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(!skips && cert !== undefined && { cert }),
    ...(!skips && key !== undefined && { key })
  }
  try {
    createSecureContext(options)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${at} failed to load x.509 key pair (keys: user.crt, user.key): ${code}`, { cause: error })
  }
  return options
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).validTo !== ''
  } catch {
    return false
  }
}

/** As Go's strconv.ParseBool. */
function isTrue(text: string | undefined, at: string): boolean {
  if (text === undefined || ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  throw new Error(`${at} failed to parse client auth flag (key: user.skip): write "true" or "false"`)
}
