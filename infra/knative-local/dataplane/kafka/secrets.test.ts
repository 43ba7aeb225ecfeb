// Where the values of Secrets come from, and what is refused of them before any Kafka is asked.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { KafkaAuth, ManifestObject } from '../../manifests/plan.ts'
import { createAuthority, type Authority, type Certificate } from '../../testing/certificates.ts'
import { toSecurity } from './security.ts'
import { Secrets } from './secrets.ts'

const whole: KafkaAuth = { secret: { namespace: 'shop', name: 'kafka' } }
const asObject = (values: object): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'shop', name: 'kafka' },
  origin: { file: 'test', line: 1 },
  ...values
})

describe('a Secret is read from', () => {
  test('the files, where stringData wins over data', async () => {
    const secrets = new Secrets(new Map(), {})
    const data = { user: Buffer.from('a').toString('base64'), password: Buffer.from('b').toString('base64') }
    secrets.follow([asObject({ data, stringData: { password: 'c' } })])
    expect(text(await secrets.valuesFor(whole))).toEqual({ user: 'a', password: 'c' })
  })

  test('variables of the environment, which win over the files', async () => {
    const env = { KAFKA_USER: 'a', KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_CA_CRT: 'b', OTHER_PASSWORD: 'no' }
    const secrets = new Secrets(new Map([['shop/kafka', { prefix: 'KAFKA' }]]), env)
    secrets.follow([asObject({ stringData: { password: 'c' } })])
    expect(text(await secrets.valuesFor(whole))).toEqual({ user: 'a', 'sasl.mechanism': 'PLAIN', 'ca.crt': 'b' })
  })

  test('a folder, byte by byte, and nothing outside of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'secret-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    await writeFile(join(directory, 'user'), 'a\n')
    const secrets = new Secrets(new Map([['shop/kafka', { directory }]]), {})
    expect(text(await secrets.valuesFor(whole))).toEqual({ user: 'a\n' })
    for (const key of ['../../etc/hostname', '/etc/hostname', '..', 'no/such']) {
      await expect(
        secrets.valuesFor({ protocol: 'SSL', keys: { user: { namespace: 'shop', name: 'kafka', key } } })
      ).rejects.toThrow('missing secret key or empty secret value')
    }
  })

  test('a folder that is not there is said', async () => {
    const secrets = new Secrets(new Map([['shop/kafka', { directory: '/no/such' }]]), {})
    await expect(secrets.valuesFor(whole)).rejects.toThrow(
      'failed to read secret shop/kafka: --secret: /no/such is not a folder'
    )
  })
})

describe('what is refused names its key and shows no value', () => {
  let authority: Authority & { remove(): Promise<void> }
  let client: Certificate
  beforeAll(async () => {
    authority = await createAuthority('ca')
    client = await authority.issue('client')
  })
  afterAll(() => authority.remove())

  const sasl = { protocol: 'SASL_SSL', user: 'hidden', password: 'hidden' }
  test.each<[string, Record<string, string>, RegExp]>([
    ['no protocol', { user: 'hidden' }, /^protocol required \(key: protocol\)/],
    ['another protocol', { protocol: 'hidden' }, /^protocol unsupported \(key: protocol\)/],
    ['no user', { ...sasl, user: '' }, /SASL user required \(key: user\)/],
    ['no password', { protocol: 'SASL_PLAINTEXT', user: 'hidden' }, /SASL password required \(key: password\)/],
    [
      'another mechanism',
      { ...sasl, 'sasl.mechanism': 'OAUTHBEARER' },
      /unsupported SASL mechanism \(key: sasl.mechanism\)/
    ],
    ['a CA that is none', { ...sasl, 'ca.crt': 'hidden' }, /failed to parse CA certificates \(key: ca.crt\)/],
    ['SSL without a user', { protocol: 'SSL' }, /required user key \(key: user.key\) - use "user.skip: true"/],
    ['a flag that is none', { protocol: 'SSL', 'user.skip': 'hidden' }, /client auth flag \(key: user.skip\)/],
    [
      'a key of the old format',
      { protocol: 'SSL', 'user.crt': 'hidden', 'user.key': '-----BEGIN RSA PRIVATE KEY-----' },
      /PKCS #1/
    ],
    [
      'a key that is none',
      { protocol: 'SSL', 'user.crt': 'hidden', 'user.key': 'hidden' },
      /failed to load x.509 key pair/
    ]
  ])('%s', (_, values, message) => {
    const refused = () =>
      toSecurity(new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)])), true)
    expect(refused).toThrow(message)
    expect(refused).not.toThrow(/hidden/)
  })

  test('what is right is taken: PLAIN is the default, a user certificate may be skipped, and a source needs none', () => {
    const of = (values: Record<string, string>, needs = true) =>
      toSecurity(new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)])), needs)
    expect(of({ protocol: 'PLAINTEXT' })).toEqual({})
    expect(of({ protocol: 'SASL_PLAINTEXT', user: 'a', password: 'b' })).toEqual({
      sasl: { mechanism: 'plain', username: 'a', password: 'b' }
    })
    expect(of({ protocol: 'SSL', 'user.skip': 'true' })).toEqual({ ssl: { minVersion: 'TLSv1.2' } })
    expect(of({ protocol: 'SSL' }, false)).toEqual({ ssl: { minVersion: 'TLSv1.2' } })
    const { certificate: cert, key } = client
    expect(of({ protocol: 'SSL', 'ca.crt': authority.certificate, 'user.crt': cert, 'user.key': key })).toEqual({
      ssl: { minVersion: 'TLSv1.2', ca: authority.certificate, cert, key }
    })
  })
})

function text(values: ReadonlyMap<string, Buffer>): Record<string, string> {
  return Object.fromEntries(Array.from(values, ([key, value]) => [key, value.toString()]))
}
