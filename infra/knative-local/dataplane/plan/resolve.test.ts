import { expect, test } from 'vitest'
import type { Destination } from '../../manifests/plan.ts'
import { anyReference, anyUri, resolveDestination } from './resolve.ts'

const addresses = new Map([
  ['Service orders/on-create', 'http://127.0.0.1:8101'],
  ['Broker orders/default', 'http://127.0.0.1:8280/orders/default'],
  ['KafkaSink orders/letters', 'http://127.0.0.1:8281/orders/letters'],
  ['* orders/any', 'http://127.0.0.1:9']
])
const service = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace: 'orders', name: 'on-create' }

test.each<[string, Destination, string]>([
  ['a Service', { ref: service }, 'http://127.0.0.1:8101'],
  ['a path of a Service', { ref: service, uri: '/dead-letters?a=b' }, 'http://127.0.0.1:8101/dead-letters?a=b'],
  ['a Broker', { ref: { ...service, kind: 'Broker', name: 'default' } }, 'http://127.0.0.1:8280/orders/default'],
  ['a KafkaSink', { ref: { ...service, kind: 'KafkaSink', name: 'letters' } }, 'http://127.0.0.1:8281/orders/letters'],
  [
    'an object of another kind, given by name',
    { ref: { ...service, kind: 'Channel', name: 'any' } },
    'http://127.0.0.1:9'
  ],
  ['a URI', { uri: 'https://example.com/a?b=c' }, 'https://example.com/a?b=c'],
  [
    'the name of a Service in the cluster',
    { uri: 'http://on-create.orders.svc.cluster.local/a?b' },
    'http://127.0.0.1:8101/a?b'
  ],
  ['the short name of a Service', { uri: 'http://on-create.orders.svc' }, 'http://127.0.0.1:8101/'],
  [
    "the cluster's address of a Broker",
    { uri: 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/orders/default' },
    'http://127.0.0.1:8280/orders/default'
  ],
  [
    "the cluster's address of a KafkaSink",
    { uri: 'http://kafka-sink-ingress.knative-eventing.svc.cluster.local/orders/letters' },
    'http://127.0.0.1:8281/orders/letters'
  ]
])('%s', (_what, destination, url) => {
  expect(resolveDestination(destination, addresses)).toEqual({ url })
})

test.each<[string, Destination, string]>([
  ['nothing', {}, 'neither ref nor uri'],
  [
    'an unknown Service',
    { ref: { ...service, name: 'other' } },
    'Service orders/other has no address; if no file declares it, give it one: --resolve orders/other=URL'
  ],
  ['a relative URI alone', { uri: '/path' }, '/path is not an absolute URI'],
  [
    'an unknown name in the cluster',
    { uri: 'http://other.orders.svc.cluster.local/' },
    'Service orders/other has no address; if no file declares it, give it one: --resolve orders/other=URL'
  ],
  [
    'an unknown Broker by its address in the cluster',
    { uri: 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local./orders/other' },
    'Broker orders/other has no address; if no file declares it, give it one: --resolve orders/other=URL'
  ]
])('%s has no address', (_what, destination, problem) => {
  expect(resolveDestination(destination, addresses)).toEqual({ problem })
})

test('what nothing resolves goes to the sink for all, and URIs to that of --print', () => {
  const others = new Map([
    [anyReference, 'http://127.0.0.1:1/'],
    [anyUri, 'http://127.0.0.1:2/']
  ])
  expect(resolveDestination({ ref: service }, others)).toEqual({ url: 'http://127.0.0.1:1/' })
  expect(resolveDestination({ uri: 'http://gone.orders.svc.cluster.local/a' }, others)).toEqual({
    url: 'http://127.0.0.1:1/a'
  })
  expect(resolveDestination({ uri: 'http://example.com/a' }, others)).toEqual({ url: 'http://127.0.0.1:2/' })
})
