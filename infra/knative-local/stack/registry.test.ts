import { expect, test } from 'vitest'
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import { registryPart } from './registry.ts'

test.each([
  ['quay.io/apicurio/apicurio-registry:3.1.0', 'http://registry:word@127.0.0.1:8084'],
  ['confluentinc/cp-schema-registry:7.6.0', 'http://registry:word@127.0.0.1:8084/apis/ccompat/v7'],
  ['ghcr.io/aiven-open/karapace:4.1.0', 'http://registry:word@127.0.0.1:8084/apis/ccompat/v7']
])('whoever expects %s is led to where Apicurio speaks like it', (image, url) => {
  const plan = planOf(image)
  expect(registryPart.isWanted(plan, { directory: '.', manifests: [] })).toBe(true)
  const places = {
    port: (offset: number) => 8080 + offset,
    servicePort: () => undefined,
    credentials: () => ({ username: 'registry', password: 'word' })
  }
  expect([...(registryPart.addresses?.(plan, places).http ?? [])]).toEqual([['schemas.shop', url]])
})

function planOf(image: string): Plan {
  const labels = { app: 'schemas' }
  const object = (apiVersion: string, kind: string, name: string, spec: object) =>
    ({ apiVersion, kind, metadata: { name, namespace: 'shop' }, spec }) as unknown as ManifestObject
  const nothing = { kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [], services: [], kafkaTopics: [] }
  return {
    ...nothing,
    kafkaConnectors: [],
    objects: [
      object('apps/v1', 'Deployment', 'any', { template: { metadata: { labels }, spec: { containers: [{ image }] } } }),
      object('v1', 'Service', 'schemas', { selector: labels }),
      object('v1', 'Service', 'other', { selector: { app: 'other' } })
    ]
  }
}
