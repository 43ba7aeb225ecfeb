import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { labelSelector } from './selectors.ts'
import { serveForTest } from './serve-for-test.ts'

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
const sources = '/apis/sources.knative.dev/v1/namespaces/shop/kafkasources'

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

describe('refusals', () => {
  test('an object that is not there is a NotFound', async () => {
    const { url } = await serveForTest()
    const response = await fetch(url + `${sources}/nope`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'kafkasources.sources.knative.dev "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', group: 'sources.knative.dev', kind: 'kafkasources' },
      code: 404
    })
  })

  test.for([
    '/apis/nothing.example.com/v1',
    '/apis/sources.knative.dev/v7/kafkasources',
    '/api/v1/namespaces/shop/kafkasources',
    '/nothing',
    '//',
    '///apis//',
    '//evil.example.com/apis'
  ])('%s is no resource', async path => {
    const { url } = await serveForTest()
    expect((await fetch(url + path)).status).toBe(404)
  })

  test.for(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s is not allowed, and the sentence names the file to edit',
    async method => {
      const { url } = await serveForTest()
      const response = await fetch(url + `${sources}/orders`, { method })
      expect(response.status).toBe(405)
      expect(await response.json()).toMatchObject({
        kind: 'Status',
        reason: 'MethodNotAllowed',
        message: expect.stringMatching(
          /^this API is read-only\. Edit .*all\.yaml: the change takes effect when the file is saved$/
        )
      })
    }
  )

  test.for(['fieldSelector=spec.topics=x', 'labelSelector=a b'])('the selector %s is a BadRequest', async query => {
    const { url } = await serveForTest()
    const response = await fetch(`${url}${sources}?${encodeURI(query)}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ kind: 'Status', reason: 'BadRequest' })
  })

  // In the square of their number, as it was (309 ms for 15,000), these would take minutes and end by the timeout.
  test.for([',', '(,', 'a,'])('a selector of 400,000 %j is read in time that grows with its size', part => {
    expect(() => labelSelector(part.repeat(400_000))).not.toThrow(TypeError)
  })

  test('a page in a browser gets nothing, under whatever name it reaches loopback', async () => {
    const { url } = await serveForTest()
    expect((await fetch(url + sources, { headers: { origin: 'http://example.com' } })).status).toBe(403)
    const { port } = new URL(url)
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port, path: sources, headers: { host: `evil.example.com:${port}` } },
        response => resolve(response.resume().statusCode)
      )
      request.once('error', reject).end()
    })
    expect(status).toBe(403)
  })
})

describe('watches', () => {
  test('send what changes after the list, and only that', async () => {
    const { url, set, edit } = await serveForTest()
    const { metadata } = (await get(url, sources)) as { metadata: { resourceVersion: string } }
    const events = await watch(`${url}${sources}?watch=true&resourceVersion=${metadata.resourceVersion}`)
    set('Trigger', 'orders', { ready: 'True' })
    set('KafkaSource', 'orders', { ready: 'True' })
    await vi.waitFor(() => expect(events).toHaveLength(1))
    expect(events[0]).toMatchObject({
      type: 'MODIFIED',
      object: {
        kind: 'KafkaSource',
        metadata: { name: 'orders', generation: 1 },
        status: { conditions: expect.anything() }
      }
    })
    edit(plan => ({
      ...plan,
      objects: plan.objects.filter(({ kind, metadata: { name } }) => kind !== 'KafkaSource' || name !== 'audit')
    }))
    await vi.waitFor(() => expect(events).toHaveLength(2))
    expect(events[1]).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'audit' } } })
  })

  test('with a selector say ADDED and DELETED when an object begins and ends to match', async () => {
    const { url, edit } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1&labelSelector=${encodeURIComponent('team=blue')}`)
    await vi.waitFor(() => expect(events).toHaveLength(1))
    const paint = (name: string, team: string) =>
      edit(plan => ({
        ...plan,
        objects: plan.objects.map(object =>
          object.kind === 'KafkaSource' && object.metadata.name === name
            ? { ...object, metadata: { ...object.metadata, labels: { team } } }
            : object
        )
      }))
    paint('audit', 'blue')
    await vi.waitFor(() => expect(events).toHaveLength(2))
    paint('orders', 'red')
    await vi.waitFor(() => expect(events).toHaveLength(3))
    expect(events.map(({ type, object }) => [type, (object as { metadata: { name: string } }).metadata.name])).toEqual([
      ['ADDED', 'orders'],
      ['ADDED', 'audit'],
      ['DELETED', 'orders']
    ])
  })

  test('without a version begin with everything', async () => {
    const { url } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1&fieldSelector=metadata.name%3Dorders`)
    await vi.waitFor(() => expect(events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'orders' } } }]))
  })

  test('as a table say the columns once', async () => {
    const { url, set } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1`, asTable)
    await vi.waitFor(() => expect(events).toHaveLength(2))
    set('KafkaSource', 'orders', { ready: 'Unknown', reason: 'Starting' })
    await vi.waitFor(() => expect(events).toHaveLength(3))
    expect(events.map(({ object }) => (object as Table).columnDefinitions?.length)).toEqual([6, undefined, undefined])
    expect(events.map(({ object }) => (object as Table).rows[0]?.cells.slice(0, 5))[2]).toEqual([
      'orders',
      '["orders","returns"]',
      '["localhost:9092"]',
      'Unknown',
      'Starting'
    ])
  })

  test('from a version that is no longer known have to list again', async () => {
    const { url } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1&resourceVersion=999999`)
    await vi.waitFor(() => expect(events).toMatchObject([{ type: 'ERROR', object: { reason: 'Expired', code: 410 } }]))
  })

  test('a change of spec counts as a new generation, and readiness keeps the time of its last change', async () => {
    const { url, set, edit, advance } = await serveForTest()
    set('KafkaSource', 'orders', { ready: 'False', reason: 'Starting' })
    await get(url, sources)
    advance(60_000)
    set('KafkaSource', 'orders', { ready: 'True' })
    await get(url, sources)
    advance(60_000)
    edit(plan => ({
      ...plan,
      objects: plan.objects.map(object =>
        object.kind === 'KafkaSource' && object.metadata.name === 'orders'
          ? { ...object, spec: { ...(object.spec as object), ordering: 'unordered' } }
          : object
      )
    }))
    expect(await get(url, `${sources}/orders`)).toMatchObject({
      metadata: { generation: 2, creationTimestamp: '2026-01-01T12:00:00Z' },
      status: {
        observedGeneration: 2,
        conditions: expect.arrayContaining([
          { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T12:01:00Z' }
        ])
      }
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

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: unknown }[]
}

async function get(url: string, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url + path, { headers })
  expect(response.status).toBe(200)
  return response.json()
}

interface WatchEvent {
  readonly type: string
  readonly object: unknown
}

/** Collects the events as they come. */
async function watch(url: string, headers: Record<string, string> = {}): Promise<WatchEvent[]> {
  const aborted = new AbortController()
  onTestFinished(() => aborted.abort())
  const response = await fetch(url, { headers, signal: aborted.signal })
  const events: WatchEvent[] = []
  void collect(response, events).catch(() => {})
  return events
}

async function collect(response: Response, events: WatchEvent[]): Promise<void> {
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) events.push(JSON.parse(line) as WatchEvent)
  }
}
