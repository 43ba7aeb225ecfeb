import { describe, expect, test } from 'vitest'
import { asTable, get, serveForTest, sources, type Table } from './serve-for-test.ts'

describe('objects', () => {
  test('carry what a cluster adds: identity, times, defaults and status', async () => {
    const { url, set } = await serveForTest()
    set('KafkaSource', 'orders', {
      ready: 'True',
      sinkUri: 'http://127.0.0.1:1/',
      deadLetterSinkUri: 'http://127.0.0.1:2/'
    })
    expect(await get(url, `${sources}/orders`)).toEqual({
      apiVersion: 'sources.knative.dev/v1',
      kind: 'KafkaSource',
      metadata: {
        name: 'orders',
        namespace: 'shop',
        labels: { team: 'blue' },
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        generation: 1,
        creationTimestamp: '2026-01-01T12:00:00Z'
      },
      spec: {
        bootstrapServers: ['localhost:9092'],
        topics: ['orders', 'returns'],
        consumerGroup: 'orders',
        consumers: 1,
        initialOffset: 'latest',
        ordering: 'ordered',
        sink: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'handler' } }
      },
      status: {
        observedGeneration: 1,
        conditions: [
          { type: 'ConsumerGroup', status: 'True', lastTransitionTime: '2026-01-01T12:00:00Z' },
          { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T12:00:00Z' },
          { type: 'SinkProvided', status: 'True', lastTransitionTime: '2026-01-01T12:00:00Z' }
        ],
        sinkUri: 'http://127.0.0.1:1/',
        consumers: 1,
        selector: 'eventing.knative.dev/source=kafka-source-controller,eventing.knative.dev/sourceName=orders'
      }
    })
  })

  test('that func describe reads are there: a Service, its route, its deployment and every Trigger with a filter', async () => {
    const { url, set } = await serveForTest()
    set('Service', 'handler', { ready: 'True', url: 'http://127.0.0.1:1' })
    const knative = `${url}/apis/serving.knative.dev/v1/namespaces/shop`
    const service = await get(knative, '/services/handler')
    expect(service).toMatchObject({ status: { latestCreatedRevisionName: 'handler-00001' } })
    expect(await get(knative, '/routes?labelSelector=serving.knative.dev%2Fservice%3Dhandler')).toMatchObject({
      items: [{ metadata: { name: 'handler' }, status: { url: 'http://127.0.0.1:1' } }]
    })
    const revision = 'serving.knative.dev%2Frevision%3Dhandler-00001'
    expect(await get(url, `/apis/apps/v1/namespaces/shop/deployments?labelSelector=${revision}`)).toMatchObject({
      items: [
        { spec: { template: { spec: { containers: [{ name: 'user-container', image: 'example.com/handler' }] } } } }
      ]
    })
    expect(await get(url, '/apis/eventing.knative.dev/v1/namespaces/shop/triggers')).toMatchObject({
      items: [{ spec: { broker: 'events', filter: {} } }]
    })
  })

  test('keep their uid over a restart', async () => {
    const uid = async () => {
      const { url } = await serveForTest()
      return ((await get(url, `${sources}/orders`)) as { metadata: { uid: string } }).metadata.uid
    }
    expect(await uid()).toBe(await uid())
  })

  test('are listed by name, in all namespaces or one, and under each served version', async () => {
    const { url } = await serveForTest()
    const names = async (path: string) =>
      ((await get(url, path)) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name)
    expect(await names(sources)).toEqual(['audit', 'orders'])
    expect(await names('/apis/sources.knative.dev/v1/kafkasources')).toEqual(['audit', 'orders'])
    expect(await names('/apis/sources.knative.dev/v1/namespaces/other/kafkasources')).toEqual([])
    expect(await names('/api/v1/namespaces')).toEqual(['other', 'shop'])
    expect(await get(url, '/apis/sources.knative.dev/v1beta1/namespaces/shop/kafkasources/orders')).toMatchObject({
      apiVersion: 'sources.knative.dev/v1beta1'
    })
  })

  test.for([
    ['labelSelector=team=blue', ['orders']],
    ['labelSelector=team==red', ['audit']],
    ['labelSelector=team!=blue', ['audit']],
    ['labelSelector=team in (blue,green)', ['orders']],
    ['labelSelector=team notin (blue)', ['audit']],
    ['labelSelector=team,team!=red', ['orders']],
    ['labelSelector=!team', []],
    ['labelSelector=constructor', []],
    ['labelSelector=toString!=x,__proto__ notin (y),!constructor', ['audit', 'orders']],
    ['labelSelector=hasOwnProperty in (a)', []],
    ['labelSelector=team in (blue,green),team', ['orders']],
    ['fieldSelector=metadata.name=orders', ['orders']],
    ['fieldSelector=metadata.name!=orders,metadata.namespace=shop', ['audit']]
  ] as const)('are selected by %s', async ([query, expected]) => {
    const { url } = await serveForTest()
    const list = (await get(url, `${sources}?${encodeURI(query)}`)) as { items: { metadata: { name: string } }[] }
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(expected)
  })

  test('events are an empty list, which is what describe asks for', async () => {
    const { url } = await serveForTest()
    expect(await get(url, '/api/v1/namespaces/shop/events?fieldSelector=metadata.name%3Dx')).toMatchObject({
      kind: 'EventList',
      items: []
    })
  })
})

describe('tables', () => {
  test('have the columns of the custom resource definition and the truth of the moment', async () => {
    const { url, set, advance } = await serveForTest()
    set('KafkaSource', 'orders', { ready: 'False', reason: 'ConsumerGroup', message: 'the group is rebalancing' })
    advance(150_000)
    const table = (await get(url, sources, asTable)) as Table
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual([
      'Name',
      'Topics',
      'BootstrapServers',
      'Ready',
      'Reason',
      'Age'
    ])
    expect(table.rows.map(({ cells }) => cells)).toEqual([
      ['audit', '["orders"]', '["localhost:9092"]', null, null, '2m30s'],
      ['orders', '["orders","returns"]', '["localhost:9092"]', 'False', 'ConsumerGroup', '2m30s']
    ])
    expect(table.rows[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'audit' } })
  })

  test('mark the columns that only -o wide shows', async () => {
    const { url, set } = await serveForTest()
    set('Broker', 'events', { ready: 'True', url: 'http://127.0.0.1:8080/shop/events' })
    const table = (await get(url, '/apis/eventing.knative.dev/v1/brokers', asTable)) as Table
    expect(table.columnDefinitions.map(({ name, priority }) => [name, priority])).toEqual([
      ['Name', 0],
      ['URL', 0],
      ['Age', 0],
      ['Ready', 0],
      ['Reason', 0],
      ['Class', 1]
    ])
    expect(table.rows[0]?.cells).toEqual(['events', 'http://127.0.0.1:8080/shop/events', '0s', 'True', null, 'Kafka'])
  })

  test('of a Trigger, a Service and a topic', async () => {
    const { url, set } = await serveForTest()
    set('Trigger', 'orders', { ready: 'True', sinkUri: 'http://example.com' })
    set('Service', 'handler', { ready: 'False', reason: 'RevisionMissing', url: 'http://127.0.0.1:1' })
    const cells = async (path: string) => ((await get(url, path, asTable)) as Table).rows[0]?.cells
    expect(await cells('/apis/eventing.knative.dev/v1/triggers')).toEqual([
      'orders',
      'events',
      'http://example.com',
      '0s',
      'True',
      null
    ])
    expect(await cells('/apis/serving.knative.dev/v1/services')).toEqual([
      'handler',
      'http://127.0.0.1:1',
      'handler-00001',
      null,
      'False',
      'RevisionMissing'
    ])
    expect(await cells('/apis/kafka.strimzi.io/v1/kafkatopics')).toEqual(['orders', 'kafka', 4, 3, null])
  })
})
