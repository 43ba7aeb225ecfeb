// Where spans go in production: every function has the address, and its network lets it.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { isTracingWanted } from '../../functions/runtime/host/tracing/wanted.ts'
import { objectsOf, type Overlay } from './render.ts'

const Env = z.array(z.object({ name: z.string(), value: z.string().optional() }))
const Function = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(z.object({ env: Env })) }) }) })
})
const NetworkPolicy = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ egress: z.array(z.looseObject({ to: z.array(z.json()) })).optional() })
})

const environments = (overlay: Overlay) =>
  objectsOf(overlay, { apiVersion: 'serving.knative.dev/v1', kind: 'Service' }, Function).map(({ spec }) =>
    Object.fromEntries(spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]) ?? [])
  )

test('in production each function sends its spans, and may reach the collector', () => {
  const found = environments('production')
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter(env => !isTracingWanted(env))).toEqual([])
  const addresses = new Set(found.map(env => env.OTEL_EXPORTER_OTLP_ENDPOINT))
  expect(addresses.size).toBe(1)
  const { hostname, port } = new URL([...addresses][0] ?? '')
  const policies = objectsOf('production', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }, NetworkPolicy)
  const egress = policies.find(({ metadata }) => metadata.name === 'functions')?.spec.egress
  expect(egress).toContainEqual({
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': hostname.split('.')[1] } } }],
    ports: [{ port: Number(port) }]
  })
})

test('in dev nothing of it is loaded', () => {
  expect(environments('dev').filter(isTracingWanted)).toEqual([])
})
