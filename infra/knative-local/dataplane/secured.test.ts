// The data plane at Kafkas that ask who it is: every way in, and what is said of each way that fails.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { loadPlan } from '../manifests/load-plan.ts'
import { until } from '../until.ts'
import { serveSubscriber, Subscriber } from './conformance/subscriber.ts'
import type { DataPlane } from './data-plane.ts'
import { listenOnLoopback } from '../http/loopback.ts'
import { Secrets, type SecretPlaces } from './kafka/secrets.ts'
import { createAuthority, type Certificate } from '../testing/certificates.ts'
import { startTestKafka } from '../testing/kafka.ts'
import { runDataPlane } from '../testing/run-data-plane.ts'
import { nowhere, password, type SecuredKafka, startSecuredKafka } from '../testing/secured-kafka.ts'
import { mounted, mutualTls, sasl, saslTls, secretObject, sourceYaml } from './testing/secured-yaml.ts'

/** From a change to its condition, on a busy machine too. */
const SECONDS = 20_000

const subscriber = new Subscriber()
let kafka: SecuredKafka
let http: Awaited<ReturnType<typeof serveSubscriber>> | undefined
let client: Certificate
let folder: string

beforeAll(async () => {
  kafka = await startSecuredKafka(['reader', 'stranger'])
  http = await serveSubscriber(subscriber)
  client = await kafka.authority.issue('client')
}, 90_000)

afterAll(async () => {
  await http?.close()
  await kafka?.stop()
}, 30_000)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secured-'))
  return () => rm(folder, { recursive: true })
})

const source = (topic: string, bootstrap: string, net: string) =>
  sourceYaml(topic, bootstrap, net, `${http?.url}/ok/${topic}`)

describe('a source with the right credentials reads its topic', () => {
  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('%s', async mechanism => {
    const topic = mechanism.toLowerCase()
    await allowedTopic(topic, 'reader')
    const secret = { user: 'reader', password, type: mechanism, 'ca.crt': kafka.authority.certificate }
    const isPlain = mechanism === 'PLAIN'
    const yaml = source(topic, isPlain ? kafka.listeners.plain : kafka.listeners.scram, isPlain ? sasl : saslTls)
    await start(`${yaml}---\n${secretObject(secret)}`)
    expect(await delivered(topic)).toBeGreaterThan(0)
  })

  test('mutual TLS', async () => {
    await allowedTopic('mutual', 'CN=client')
    const secret = { 'ca.crt': kafka.authority.certificate, 'user.crt': client.certificate, 'user.key': client.key }
    await start(`${source('mutual', kafka.listeners.mutual, mutualTls)}---\n${secretObject(secret)}`)
    expect(await delivered('mutual')).toBeGreaterThan(0)
  })
})

describe('a source is not ready, with the reason, when', () => {
  const right = () => ({ user: 'reader', password, type: 'SCRAM-SHA-512', 'ca.crt': kafka.authority.certificate })

  test('the password is wrong; the right one in its place is taken up', async () => {
    await allowedTopic('password', 'reader')
    const place = await mounted(folder, { ...right(), password: 'wrong' })
    const dataPlane = await start(source('password', kafka.listeners.scram, saslTls), place.places)
    await eventually(
      dataPlane,
      'KafkaClusterAdmin',
      /^cannot obtain Kafka cluster admin: SASL SCRAM SHA512 authentication failed: /
    )
    await place.replace(right())
    expect(await delivered('password')).toBeGreaterThan(0)
  })

  test('the CA is unknown', async () => {
    await allowedTopic('authority', 'reader')
    const other = await createAuthority('another-ca')
    onTestFinished(() => other.remove())
    const dataPlane = await start(
      `${source('authority', kafka.listeners.scram, saslTls)}---\n${secretObject({ ...right(), 'ca.crt': other.certificate })}`
    )
    await eventually(dataPlane, 'KafkaClusterAdmin', /signed by an unknown authority \(\w+\): ca.crt must hold the CA/)
  })

  test("the broker's certificate has expired", async () => {
    await allowedTopic('expired', 'reader')
    const dataPlane = await start(`${source('expired', kafka.listeners.expired, saslTls)}---\n${secretObject(right())}`)
    await eventually(dataPlane, 'KafkaClusterAdmin', /has expired \(CERT_HAS_EXPIRED\)/)
  })

  test.each([
    ['has expired', async () => kafka.authority.issue('client', -1)],
    ["is another authority's", async () => anothersCertificate()]
  ])('its own certificate %s', async (_, issue) => {
    const { certificate, key } = await issue()
    const secret = { 'ca.crt': kafka.authority.certificate, 'user.crt': certificate, 'user.key': key }
    const dataPlane = await start(`${source('own', kafka.listeners.mutual, mutualTls)}---\n${secretObject(secret)}`)
    await eventually(dataPlane, 'KafkaClusterAdmin', /refused the certificate that it was shown \(user.crt\): /)
  })

  test('TLS is not asked for where the broker speaks it, and the other way round', async () => {
    const plain = await start(`${source('no-tls', kafka.listeners.scram, sasl)}---\n${secretObject(right())}`)
    await eventually(plain, 'KafkaClusterAdmin', /closed the connection: it may ask for TLS/)
    const secure = await start(`${source('tls', kafka.listeners.plain, saslTls)}---\n${secretObject(right())}`)
    await eventually(secure, 'KafkaClusterAdmin', /broke off the TLS handshake: it may speak no TLS/)
  })

  test('it has no right to its topic; the right is taken up', async () => {
    await kafka.admin.createTopics({ topics: [{ topic: 'forbidden', numPartitions: 1 }] })
    await kafka.allow('reader', 'group', 'group-forbidden', 'READ')
    const dataPlane = await start(`${source('forbidden', kafka.listeners.scram, saslTls)}---\n${secretObject(right())}`)
    await eventually(dataPlane, 'InitializeOffset', /^not authorized to access topic forbidden$/)
    await kafka.allow('reader', 'topic', 'forbidden', 'DESCRIBE')
    let wasReady = false
    const looking = setInterval(() => (wasReady ||= dataPlane.status().ready), 1)
    onTestFinished(() => clearInterval(looking))
    await eventually(dataPlane, 'PartitionUnreadable', /^forbidden\/0@0 cannot be read, trying again: Not authorized/)
    expect(wasReady, 'ready before anything was read').toBe(false)
    await kafka.allow('reader', 'topic', 'forbidden', 'READ')
    await until('ready', 20_000, async () => dataPlane.status().ready)
    expect(await delivered('forbidden')).toBeGreaterThan(0)
  })

  test('it has no right to its group; the right is taken up', async () => {
    await kafka.admin.createTopics({ topics: [{ topic: 'no-group', numPartitions: 1 }] })
    await kafka.allow('reader', 'topic', 'no-group', 'READ')
    const dataPlane = await start(`${source('no-group', kafka.listeners.scram, saslTls)}---\n${secretObject(right())}`)
    await eventually(dataPlane, 'ConsumerFailed', /^not authorized to access group group-no-group$/)
    await kafka.allow('reader', 'group', 'group-no-group', 'DESCRIBE')
    await eventually(dataPlane, 'ConsumerFailed', /^not authorized to access group group-no-group$/)
    await kafka.allow('reader', 'group', 'group-no-group', 'READ')
    expect(await delivered('no-group')).toBeGreaterThan(0)
  })

  test('the Secret, or a key of it, is missing; it is taken up when it comes', async () => {
    await allowedTopic('secret', 'reader')
    const yaml = source('secret', kafka.listeners.scram, saslTls)
    const none = await start(yaml)
    await eventually(
      none,
      'ReconcileContract',
      /^failed to resolve auth config: failed to read secret shop\/kafka: .*--secret shop\/kafka=DIR/
    )
    const { password: _, ...incomplete } = right()
    const place = await mounted(folder, incomplete)
    const dataPlane = await start(yaml, place.places)
    await eventually(
      dataPlane,
      'ReconcileContract',
      /missing secret key or empty secret value \(shop\/kafka.password\)$/
    )
    await place.replace(right())
    expect(await delivered('secret')).toBeGreaterThan(0)
  })

  test('Kafka sends its clients to an address that cannot be reached', async () => {
    const dataPlane = await start(source('elsewhere', kafka.listeners.elsewhere, ''))
    const { elsewhere } = kafka.listeners
    await eventually(
      dataPlane,
      'KafkaClusterAdmin',
      new RegExp(`${elsewhere} advertises ${nowhere}, which fails from this machine`)
    )
  })
})

test('a broken cluster, and one that takes connections and says nothing, stop no other one', async () => {
  await allowedTopic('beside', 'reader')
  const silent = createServer()
  onTestFinished(() => void silent.close())
  const port = await listenOnLoopback(silent)
  const secret = { user: 'reader', password, type: 'SCRAM-SHA-512', 'ca.crt': kafka.authority.certificate }
  const dataPlane = await start(
    [
      source('gone', '127.0.0.1:9', ''),
      source('silent', `127.0.0.1:${port}`, ''),
      source('beside', kafka.listeners.scram, saslTls),
      secretObject(secret)
    ].join('---\n')
  )
  expect(await delivered('beside')).toBeGreaterThan(0)
  const reasons = () => dataPlane.status().sources.map(({ reason, message }) => `${reason}: ${message}`)
  await until('both reasons', 15_000, async () => {
    const [gone, quiet] = reasons()
    return /KafkaClusterAdmin: .*127.0.0.1:9: /.test(gone ?? '') && /no answer within 10 s/.test(quiet ?? '')
  })
}, 40_000)

test('two clusters are served at once: topics of one name are two, and whoever names a cluster has that one', async () => {
  const open = await startTestKafka(1)
  onTestFinished(() => open.stop())
  await open.createTopic('both', 1)
  await allowedTopic('both', 'reader')
  await kafka.allow('reader', 'topic', 'both', 'WRITE')
  const ofOpen = source('both', open.bootstrap[0] ?? '', '')
    .replace('name: both', 'name: open')
    .replace('/ok/both', '/ok/open')
  const secret = { user: 'reader', password, type: 'SCRAM-SHA-512', 'ca.crt': kafka.authority.certificate }
  const whole = { ...secret, protocol: 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512' }
  const ingress = (name: string, bootstrap: string, auth: string) => `apiVersion: eventing.knative.dev/v1alpha1
kind: KafkaSink
metadata: { name: ${name}, namespace: shop }
spec: { topic: both, bootstrapServers: ['${bootstrap}']${auth} }
`
  const dataPlane = await start(
    [
      source('both', kafka.listeners.scram, saslTls),
      ofOpen,
      ingress('both', kafka.listeners.scram, ', auth: { secret: { ref: { name: kafka } } }'),
      ingress('open', open.bootstrap[0] ?? '', ''),
      secretObject(whole)
    ].join('---\n')
  )
  await until('both to be ready', 20_000, async () => dataPlane.status().ready)
  expect(await post(`${dataPlane.sinkUrl}/shop/both`, 'secured')).toBe(202)
  expect(await post(`${dataPlane.sinkUrl}/shop/open`, 'open')).toBe(202)
  const idsAt = (name: string) =>
    subscriber.received
      .filter(({ path }) => path === `/ok/${name}`)
      .map(({ headers }) => headers.find(([key]) => key === 'ce-id')?.[1])
  await until('both deliveries', 20_000, async () => idsAt('both').length > 0 && idsAt('open').length > 0)
  expect([idsAt('both'), idsAt('open')]).toEqual([['secured'], ['open']])
}, 60_000)

test('a KafkaSink and a Broker write with their own Secrets, and say what they may not', async () => {
  for (const topic of ['sink', 'knative-broker-shop-own'])
    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  await kafka.allow('reader', 'topic', 'sink', 'DESCRIBE')
  const secret = {
    protocol: 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-256',
    user: 'reader',
    password,
    'ca.crt': kafka.authority.certificate
  }
  const dataPlane = await start(`apiVersion: eventing.knative.dev/v1alpha1
kind: KafkaSink
metadata: { name: sink, namespace: shop }
spec:
  bootstrapServers: ['${kafka.listeners.scram}']
  topic: sink
  auth: { secret: { ref: { name: kafka } } }
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: own, namespace: shop, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec:
  config: { apiVersion: v1, kind: ConfigMap, name: broker }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: broker, namespace: shop }
data:
  default.topic.partitions: '1'
  default.topic.replication.factor: '1'
  bootstrap.servers: ${kafka.listeners.scram}
  auth.secret.ref.name: kafka
---
${secretObject(secret)}`)
  const ingress = (kind: string) => dataPlane.status().ingresses.find(one => one.kind === kind)
  await until('the Broker', SECONDS, async () => ingress('Broker')?.reason === 'TopicReady')
  expect(ingress('Broker')).toMatchObject({ ready: false, message: expect.stringMatching(/^Failed to create topic: /) })
  await until('the KafkaSink', SECONDS, async () => ingress('KafkaSink')?.ready === true)
  const url = `${dataPlane.sinkUrl}/shop/sink`
  expect(await post(url)).toBe(503)
  expect(ingress('KafkaSink')).toMatchObject({ ready: false, message: 'not authorized to write to topic sink' })
  for (const topic of ['sink', 'knative-broker-shop-own'])
    await kafka.allow('reader', 'topic', topic, 'WRITE', 'DESCRIBE')
  await until('the right', SECONDS, async () => (await post(url)) === 202)
  await until('both', SECONDS, async () => dataPlane.status().ready)
  expect(await post(`${dataPlane.ingressUrl}/shop/own`)).toBe(202)
})

test('whatever is wrong with their Secrets, a KafkaSink, a Broker and its Trigger say so in Knative’s words', async () => {
  const { listeners, authority } = kafka
  const other = await createAuthority('another-ca')
  onTestFinished(() => other.remove())
  const scram = { protocol: 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', user: 'reader', password }
  const right = { ...scram, 'ca.crt': authority.certificate }
  const tls = { protocol: 'SSL', 'ca.crt': authority.certificate }
  const cases: Record<
    string,
    readonly [bootstrap: string, secret: Record<string, string> | undefined, message: RegExp]
  > = {
    password: [listeners.scram, { ...right, password: 'wrong' }, /SASL SCRAM SHA512 authentication failed/],
    mechanism: [listeners.scram, { ...right, 'sasl.mechanism': 'PLAIN' }, /does not support the requested SASL mech/],
    authority: [listeners.scram, { ...right, 'ca.crt': other.certificate }, /signed by an unknown authority/],
    expired: [listeners.expired, right, /has expired \(CERT_HAS_EXPIRED\)/],
    misnamed: [listeners.misnamed, right, /is of another host: .*127\.0\.0\.1 is not in the cert/],
    'no-certificate': [listeners.mutual, { ...tls, 'user.skip': 'true' }, /asks for a certificate \(user\.crt\)/],
    plaintext: [listeners.scram, { protocol: 'PLAINTEXT' }, /closed the connection: it may ask for TLS or SASL/],
    'not-tls': [listeners.plain, { ...right, 'sasl.mechanism': 'PLAIN' }, /it may speak no TLS/],
    absent: [listeners.scram, undefined, /failed to read secret shop\/absent: .*--secret shop\/absent=DIR/],
    keys: [listeners.scram, { username: 'reader', password: 'wrong' }, /protocol required \(key: protocol\)/]
  }
  const object = (apiVersion: string, kind: string, name: string, rest: object, annotations = {}) =>
    JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'shop', annotations }, ...rest })
  const yaml = Object.entries(cases).flatMap(([name, [bootstrap, stringData]]) => [
    ...(stringData ? [object('v1', 'Secret', name, { stringData })] : []),
    object('eventing.knative.dev/v1alpha1', 'KafkaSink', name, {
      spec: { topic: 'any', bootstrapServers: [bootstrap], auth: { secret: { ref: { name } } } }
    }),
    object('v1', 'ConfigMap', name, {
      data: {
        'default.topic.partitions': '1',
        'default.topic.replication.factor': '1',
        'bootstrap.servers': bootstrap,
        'auth.secret.ref.name': name
      }
    }),
    object(
      'eventing.knative.dev/v1',
      'Broker',
      name,
      { spec: { config: { apiVersion: 'v1', kind: 'ConfigMap', name } } },
      { 'eventing.knative.dev/broker.class': 'Kafka' }
    ),
    object('eventing.knative.dev/v1', 'Trigger', name, {
      spec: { broker: name, subscriber: { uri: `${http?.url}/ok/${name}` } }
    })
  ])
  const dataPlane = await start(yaml.join('\n---\n'))
  const wrong = () => {
    const { sources, ingresses } = dataPlane.status()
    return [...sources, ...ingresses].filter(({ kind, name, ready, reason = '', message = '' }) => {
      const isOfSecret = ['absent', 'keys'].includes(name)
      const reasons = {
        KafkaSource: '',
        Trigger: isOfSecret ? 'ReconcileContract' : 'KafkaClusterAdmin',
        KafkaSink: isOfSecret ? 'ConfigParsed' : 'KafkaClusterAdmin',
        Broker: isOfSecret ? 'ConfigParsed' : 'TopicReady'
      }
      return ready || reason !== reasons[kind] || !cases[name]?.[2].test(message)
    })
  }
  await until('every condition', SECONDS, async () => wrong().length === 0).catch(() => undefined)
  expect(wrong().map(({ kind, name, reason, message }) => ({ kind, name, reason, message }))).toEqual([])
  expect(dataPlane.status().ingresses).toHaveLength(2 * Object.keys(cases).length)
  expect(JSON.stringify(dataPlane.status())).not.toMatch(/right|wrong|PRIVATE/)
}, 30_000)

test('a Secret that is rotated to a wrong one and back is followed while records flow', async () => {
  await allowedTopic('rotated', 'reader')
  const right = { user: 'reader', password, type: 'SCRAM-SHA-512', 'ca.crt': kafka.authority.certificate }
  const place = await mounted(folder, right)
  const dataPlane = await start(source('rotated', kafka.listeners.scram, saslTls), place.places)
  expect(await delivered('rotated')).toBe(1)
  await place.replace({ ...right, password: 'wrong' })
  await eventually(dataPlane, 'KafkaClusterAdmin', /authentication failed/)
  await place.replace(right)
  await until('ready again', 20_000, async () => dataPlane.status().ready)
  await delivered('rotated')
  await until(
    'the second',
    20_000,
    async () => subscriber.received.filter(({ path }) => path === '/ok/rotated').length > 1
  )
}, 60_000)

async function anothersCertificate(): Promise<Certificate> {
  const other = await createAuthority('another-ca')
  onTestFinished(() => other.remove())
  return other.issue('client')
}

async function start(yaml: string, places: SecretPlaces = new Map()): Promise<DataPlane> {
  const file = join(folder, 'shop.yaml')
  await writeFile(file, yaml)
  const { plan, problems } = await loadPlan([file])
  if (plan === undefined) throw new Error(JSON.stringify(problems))
  const dataPlane = await runDataPlane(plan, { secrets: new Secrets(places, {}) })
  onTestFinished(() => dataPlane.stop(1000))
  return dataPlane
}

async function eventually(dataPlane: DataPlane, reason: string, message: RegExp): Promise<void> {
  const now = () => dataPlane.status().sources[0]
  await until(`${reason}, and not ${JSON.stringify(now())}`, SECONDS, async () => {
    const { reason: given, message: said } = now() ?? {}
    return given === reason && message.test(said ?? '')
  }).catch(() => undefined)
  expect(now()).toMatchObject({ ready: false, reason, message: expect.stringMatching(message) })
  expect(JSON.stringify(dataPlane.status())).not.toMatch(/right|wrong|PRIVATE/)
}

async function allowedTopic(topic: string, user: string): Promise<void> {
  await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  await kafka.allow(user, 'topic', topic, 'READ')
  await kafka.allow(user, 'group', `group-${topic}`, 'READ')
}

/** Writes a record; how many of the topic have reached the subscriber then. */
async function delivered(topic: string): Promise<number> {
  const producer = kafka.kafka.producer()
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  await producer.send({ topic, messages: [{ value: 'a' }] })
  const count = () => subscriber.received.filter(({ path }) => path === `/ok/${topic}`).length
  await until(`a record of ${topic}`, 20_000, async () => count() > 0)
  return count()
}

async function post(url: string, id = '1'): Promise<number> {
  const headers = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/test', 'ce-type': 'a.type' }
  return (await fetch(url, { method: 'POST', headers })).status
}
