import { describe, expect, onTestFinished, test } from 'vitest'
import { asTable, get, serveForTest, sources, type Table } from './serve-for-test.ts'

describe('watches', () => {
  test('send what changes after the list, and only that', async () => {
    const { url, set, edit } = await serveForTest()
    const { metadata } = (await get(url, sources)) as { metadata: { resourceVersion: string } }
    const events = await watch(`${url}${sources}?watch=true&resourceVersion=${metadata.resourceVersion}`)
    set('Trigger', 'orders', { ready: 'True' })
    set('KafkaSource', 'orders', { ready: 'True' })
    await expect.poll(() => events).toHaveLength(1)
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
    await expect.poll(() => events).toHaveLength(2)
    expect(events[1]).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'audit' } } })
  })

  test('with a selector say ADDED and DELETED when an object begins and ends to match', async () => {
    const { url, edit } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1&labelSelector=${encodeURIComponent('team=blue')}`)
    await expect.poll(() => events).toHaveLength(1)
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
    await expect.poll(() => events).toHaveLength(2)
    paint('orders', 'red')
    await expect.poll(() => events).toHaveLength(3)
    expect(events.map(({ type, object }) => [type, (object as { metadata: { name: string } }).metadata.name])).toEqual([
      ['ADDED', 'orders'],
      ['ADDED', 'audit'],
      ['DELETED', 'orders']
    ])
  })

  test('without a version begin with everything', async () => {
    const { url } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1&fieldSelector=metadata.name%3Dorders`)
    await expect.poll(() => events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'orders' } } }])
  })

  test('as a table say the columns once', async () => {
    const { url, set } = await serveForTest()
    const events = await watch(`${url}${sources}?watch=1`, asTable)
    await expect.poll(() => events).toHaveLength(2)
    set('KafkaSource', 'orders', { ready: 'Unknown', reason: 'Starting' })
    await expect.poll(() => events).toHaveLength(3)
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
    await expect.poll(() => events).toMatchObject([{ type: 'ERROR', object: { reason: 'Expired', code: 410 } }])
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
