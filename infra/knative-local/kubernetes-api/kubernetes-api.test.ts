import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { get, serveForTest } from './serve-for-test.ts'

describe('discovery', () => {
  test('is one answer for all groups, as newer clients ask', async () => {
    const { url } = await serveForTest()
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'
    const response = await fetch(`${url}/apis`, { headers: { accept } })
    expect(response.headers.get('content-type')).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    )
    const groups = (await response.json()) as {
      items: { metadata: { name: string }; versions: { version: string; resources: unknown[] }[] }[]
    }
    const group = groups.items.find(({ metadata }) => metadata.name === 'sources.knative.dev')
    expect(group?.versions.map(({ version }) => version)).toEqual(['v1', 'v1beta1'])
    expect(group?.versions[0]?.resources).toEqual([
      {
        resource: 'kafkasources',
        responseKind: { group: 'sources.knative.dev', version: 'v1', kind: 'KafkaSource' },
        scope: 'Namespaced',
        singularResource: 'kafkasource',
        verbs: ['get', 'list', 'watch'],
        categories: ['all', 'knative', 'eventing', 'sources']
      }
    ])
  })

  test('is an answer for each group, as older clients ask', async () => {
    const { url } = await serveForTest()
    expect(await get(url, '/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    expect(await get(url, '/apis')).toMatchObject({
      kind: 'APIGroupList',
      groups: expect.arrayContaining([expect.objectContaining({ name: 'serving.knative.dev' })])
    })
    expect(await get(url, '/apis/kafka.strimzi.io')).toMatchObject({
      kind: 'APIGroup',
      preferredVersion: { groupVersion: 'kafka.strimzi.io/v1' }
    })
    expect(await get(url, '/apis/serving.knative.dev/v1')).toMatchObject({
      kind: 'APIResourceList',
      resources: [
        { name: 'services', shortNames: ['kservice', 'ksvc'], kind: 'Service', namespaced: true },
        { name: 'routes', shortNames: ['rt'], kind: 'Route', namespaced: true }
      ]
    })
    expect(await get(url, '/api/v1')).toMatchObject({
      resources: expect.arrayContaining([expect.objectContaining({ name: 'namespaces', namespaced: false })])
    })
  })

  test('knows a kind that only the plan has', async () => {
    const { url } = await serveForTest()
    expect(await get(url, '/apis/example.com/v1')).toMatchObject({
      resources: [{ name: 'policies', singularName: 'policy' }]
    })
    expect(await get(url, '/apis/example.com/v1/policies')).toMatchObject({
      items: [{ metadata: { name: 'strict', namespace: 'other' } }]
    })
  })
})

test('the kubeconfig points at the API and at the namespace with most objects, and goes away with it', async () => {
  const { url, kubeconfigPath } = await serveForTest()
  expect(parse(await readFile(kubeconfigPath, 'utf8'))).toMatchObject({
    clusters: [{ cluster: { server: url } }],
    contexts: [{ context: { namespace: 'shop' } }],
    'current-context': 'local'
  })
})
