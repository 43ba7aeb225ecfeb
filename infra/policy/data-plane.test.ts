// Production's own sources, sinks and Broker, each as its own user, on a real broker with TLS, SCRAM and their rights.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  serveSubscriber,
  Subscriber,
  until,
  password,
  runDataPlane,
  type SecuredKafka
} from '../knative-local/testing.ts'
import { type DataPlane, anyReference, Secrets } from '../knative-local/delivery.ts'
import { loadPlan } from '../knative-local/plans.ts'
import { startAuthorizingBroker, userNames } from './authorizing-broker.ts'

const subscriber = new Subscriber()
let kafka: SecuredKafka
let http: Awaited<ReturnType<typeof serveSubscriber>> | undefined
let dataPlane: DataPlane | undefined

beforeAll(async () => {
  kafka = await startAuthorizingBroker()
  http = await serveSubscriber(subscriber)
  const { plan } = await loadPlan(['infra/overlays/production'], { anySink: true })
  if (plan === undefined) throw new Error('the overlay has errors')
  const { places, env } = secretsOfProduction()
  dataPlane = await runDataPlane(
    plan,
    { bootstrap: [kafka.listeners.scram], secrets: new Secrets(places, env) },
    new Map([[anyReference, `${http.url}/ok/any`]])
  )
}, 120_000)

afterAll(async () => {
  await dataPlane?.stop(1000)
  await http?.close()
  await kafka?.stop()
}, 60_000)

test('every source, sink and Broker of production is ready with its own user', async () => {
  const notReady = () => {
    const { sources = [], ingresses = [] } = dataPlane?.status() ?? {}
    return [...sources, ...ingresses]
      .filter(({ ready }) => !ready)
      .map(({ kind, name, reason, message }) => `${kind} ${name}: ${reason}, ${message}`)
  }
  await until('all of them', 30_000, async () => notReady().length === 0).catch(() => undefined)
  expect(notReady()).toEqual([])
  expect(dataPlane?.status().sources.length).toBeGreaterThan(5)
  expect(dataPlane?.status().ingresses.map(({ kind }) => kind)).toContain('Broker')
}, 60_000)

test('what comes in at the Broker and at a KafkaSink is written, and what a source reads is delivered', async () => {
  const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/test', 'ce-type': 'student.create' }
  const post = async (url: string) => (await fetch(url, { method: 'POST', headers })).status
  expect(await post(`${dataPlane?.ingressUrl}/students/default`)).toBe(202)
  expect(await post(`${dataPlane?.sinkUrl}/students/student-dead-letter`)).toBe(202)
  const producer = kafka.kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'student_create', messages: [{ value: 'a' }] })
  await producer.disconnect()
  const delivered = () => dataPlane?.status().sources.find(({ name }) => name === 'on-student-create')?.delivered
  await until('the delivery', 20_000, async () => delivered() === 1)
  expect(subscriber.received.some(({ body }) => String(body) === 'a')).toBe(true)
}, 60_000)

/** The Secrets that infra/secrets.sh makes, as variables of the environment. */
function secretsOfProduction() {
  const ca = kafka.authority.certificate
  const env: Record<string, string> = { CLUSTER_CA_CRT: ca }
  const places = new Map([['students/students-cluster-ca-cert', { prefix: 'CLUSTER' }]])
  for (const user of userNames) {
    const prefix = user.replaceAll('-', '_')
    places.set(`students/kafka-${user}`, { prefix })
    const values = { PROTOCOL: 'SASL_SSL', SASL_MECHANISM: 'SCRAM-SHA-512', USER: user, PASSWORD: password, CA_CRT: ca }
    for (const [key, value] of Object.entries(values)) env[`${prefix}_${key}`] = value
  }
  return { places, env }
}
