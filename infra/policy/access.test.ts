// Who may ask for what in production: events by identity, operators by Kubernetes' own rights, people through the gateway, for
// which see gateway.test.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'
import {
  Broker,
  broker,
  environmentOf,
  KafkaSink,
  kafkaSink,
  KafkaSource,
  kafkaSource,
  Service,
  service,
  Trigger,
  trigger
} from './kinds.ts'
import { objectsOf, render } from './render.ts'

const services = objectsOf('production', service, Service)
const triggers = objectsOf('production', trigger, Trigger)
const operators = 'system:serviceaccount:students:operators'

test('no function is reached from outside of the cluster but through a gateway', () => {
  for (const { metadata } of services) {
    expect(metadata.labels, metadata.name).toMatchObject({ 'networking.knative.dev/visibility': 'cluster-local' })
  }
  const outside = render('production').filter(object =>
    ['LoadBalancer', 'NodePort'].includes(z.object({ type: z.string() }).safeParse(object.spec).data?.type ?? '')
  )
  expect(outside).toEqual([])
})

test('operators have a port of their own on the pod, which no Service, probe or delivery uses', () => {
  const [container] =
    services.find(({ metadata }) => metadata.name === 'dead-letter-replay')?.spec.template.spec.containers ?? []
  const port = Number(container && environmentOf(container).OPERATOR_PORT)
  // Knative's queue-proxy beside the container listens on these. https://github.com/knative/serving/blob/main/pkg/networking/constants.go
  expect([8012, 8013, 8022, 8112, 9090, 9091]).not.toContain(port)
  expect(port).toBeGreaterThan(1023)
  expect(port).not.toBe(8080)
})

test('operators may find pods and forward a port, and nothing else', () => {
  const Role = z.object({
    metadata: z.object({ name: z.string() }),
    rules: z.array(z.object({ resources: z.array(z.string()), verbs: z.array(z.string()) }))
  })
  const role = objectsOf('production', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' }, Role).find(
    ({ metadata }) => metadata.name === 'operators'
  )
  expect(role?.rules).toEqual([
    { resources: ['pods'], verbs: ['get', 'list'] },
    { resources: ['pods/portforward'], verbs: ['create'] }
  ])
})

const Reference = z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() })
const Exact = z.object({ exact: z.object({ type: z.string() }) })
const EventPolicy = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    to: z.tuple([z.object({ ref: Reference })]),
    from: z.array(z.union([z.strictObject({ ref: Reference }), z.strictObject({ sub: z.string() })])).min(1),
    filters: z.tuple([z.union([Exact.transform(({ exact }) => [exact.type]), anyOf()])]).optional()
  })
})
const eventPolicies = objectsOf(
  'production',
  { apiVersion: 'eventing.knative.dev/v1alpha1', kind: 'EventPolicy' },
  EventPolicy
)

function anyOf() {
  return z.object({ any: z.array(Exact) }).transform(({ any }) => any.map(({ exact }) => exact.type))
}

test('the Broker takes each command from one named identity only, and a replay from operators only', () => {
  expect(objectsOf('production', broker, Broker)).toHaveLength(1)
  const allowed = eventPolicies
    .filter(({ spec }) => spec.to[0].ref.kind === 'Broker')
    .flatMap(({ spec }) => {
      expect(spec.to[0].ref.name).toBe('default')
      const types = spec.filters?.flat() ?? ['everything']
      return types.flatMap(type => spec.from.map(from => [type, 'sub' in from ? from.sub : 'an object'] as const))
    })
  const commands = triggers.flatMap(({ spec }) => spec.filters.map(({ exact }) => exact.type))
  expect(allowed.map(([type]) => type).toSorted()).toEqual(commands.toSorted())
  for (const [type, sub] of allowed) {
    expect(sub, type).toMatch(/^system:serviceaccount:students:[a-z-]+$/) // no pattern
    expect(sub === operators, type).toBe(type === 'school.student.v1.ReplayDeadLetters')
  }
})

test('a dead letter sink takes letters from the sources and Triggers that deliver to it, and from nobody else', () => {
  const brokerSink = objectsOf('production', broker, Broker)[0]?.spec.delivery.deadLetterSink.ref.name
  const senders = [
    ...objectsOf('production', kafkaSource, KafkaSource).map(({ metadata, spec }) => ({
      sink: spec.delivery.deadLetterSink.ref.name,
      sender: `KafkaSource ${metadata.name}`
    })),
    ...triggers.map(({ metadata, spec }) => ({
      sink: spec.delivery?.deadLetterSink.ref.name ?? brokerSink,
      sender: `Trigger ${metadata.name}`
    }))
  ]
  const sinks = objectsOf('production', kafkaSink, KafkaSink)
  expect(sinks).not.toEqual([])
  for (const { metadata } of sinks) {
    const policies = eventPolicies.filter(
      ({ spec }) => spec.to[0].ref.kind === 'KafkaSink' && spec.to[0].ref.name === metadata.name
    )
    const named = policies.flatMap(({ spec }) =>
      spec.from.map(from => ('ref' in from ? `${from.ref.kind} ${from.ref.name}` : from.sub))
    )
    const expected = senders.filter(({ sink }) => sink === metadata.name).map(({ sender }) => sender)
    expect(named.toSorted(), metadata.name).toEqual(expected.toSorted())
  }
})

const Peer = z.strictObject({ namespaceSelector: z.unknown().optional(), podSelector: z.unknown().optional() })
const NetworkPolicy = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    policyTypes: z.array(z.string()),
    ingress: z
      .array(z.object({ from: z.array(Peer).optional(), ports: z.array(z.object({ port: z.int() })).optional() }))
      .default([])
  })
})

test("Knative's doors to functions, commands and dead letters are open to named namespaces, and to nobody by default", () => {
  const policies = objectsOf('production', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }, NetworkPolicy)
  const doors = policies.filter(({ metadata }) => metadata.namespace !== 'students')
  expect(doors.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted()).toEqual([
    'knative-eventing/kafka-broker-receiver',
    'knative-eventing/kafka-sink-receiver',
    'knative-serving/activator',
    'kourier-system/kourier-gateway'
  ])
  for (const { metadata, spec } of doors) {
    expect(spec.policyTypes, metadata.name).toEqual(['Ingress'])
    const open = spec.ingress
      .filter(({ from }) => from === undefined)
      .flatMap(({ ports }) => ports?.map(({ port }) => port))
    // The gateway's outer ports know only what is visible outside, which none of our functions is.
    expect(open, metadata.name).toEqual(metadata.name === 'kourier-gateway' ? [8080, 8443, 8090, 9443] : [])
    for (const { from = [] } of spec.ingress) {
      for (const peer of from) expect(JSON.stringify(peer), metadata.name).toContain('kubernetes.io/metadata.name')
    }
  }
})

test('what is not encrypted inside the cluster is what infra/README.md says, and no more', () => {
  const plain = new Set(
    [...JSON.stringify(render('production')).matchAll(/http:\/\/([\w.-]+)/g)].flatMap(([, host]) => host ?? [])
  )
  const functions = services.map(({ metadata }) => metadata.name).filter(name => name !== 'dead-letter-replay')
  expect([...plain].toSorted()).toEqual(
    [
      ...['schema-registry', ...functions].map(name => `${name}.students.svc.cluster.local`),
      'otel-collector.observability.svc.cluster.local'
    ].toSorted()
  )
  const readme = readFileSync(join(projectDirectory, 'infra/README.md'), 'utf8')
  expect(readme).toMatch(/deadLetterReplay to functions \| \*\*plain HTTP\*\*/)
  expect(readme).toMatch(/to the schema registry \| \*\*plain HTTP\*\*/)
  expect(readme).toMatch(/functions to the OpenTelemetry collector \| \*\*plain HTTP\*\*/)
})

test('PostgreSQL refuses a connection without TLS, and every client verifies its certificate', () => {
  const Cluster = z.object({ spec: z.object({ postgresql: z.object({ pg_hba: z.array(z.string()) }) }) })
  const [cluster] = objectsOf('production', { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster' }, Cluster)
  expect(cluster?.spec.postgresql.pg_hba[0]).toBe('hostnossl all all all reject')
  for (const { metadata, spec } of services) {
    const [container] = spec.template.spec.containers
    expect(container && environmentOf(container), metadata.name).toMatchObject({
      PGSSLMODE: 'verify-full',
      NODE_EXTRA_CA_CERTS: expect.any(String)
    })
  }
})
