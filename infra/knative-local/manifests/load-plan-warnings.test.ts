import { describe, expect, test } from 'vitest'
import { load, service, source } from './load-for-test.ts'

describe('warnings say what Knative would do', () => {
  const complete = 'topics: [orders], consumerGroup: orders, initialOffset: earliest, sink: { uri: http://example.com }'

  test.for([
    [
      '',
      'spec.delivery: no delivery: an event that still fails after 10 retries (10 minutes of backoff, its partition waiting) is lost. Set delivery.deadLetterSink together with retry'
    ],
    [
      'delivery: { retry: 3 }',
      'spec.delivery: no deadLetterSink: an event that still fails after its retries is committed and lost'
    ],
    [
      'delivery: { deadLetterSink: { uri: http://example.com } }',
      'spec.delivery: delivery without retry: Knative does not fill in its default here, it tries once only. Set retry (and backoffPolicy, backoffDelay, timeout)'
    ],
    [
      'delivery: { retry: 3, backoffDelay: PT0.05S, deadLetterSink: { uri: http://example.com } }',
      'spec.delivery.backoffDelay: PT0.05S counts as 0: Knative keeps one decimal of a second, and its data plane cannot wait 0 ms, so no retry is made. Use PT0.1S or more'
    ],
    [
      'delivery: { retry: 3, backoffDelay: PT0.25S, deadLetterSink: { uri: http://example.com } }',
      'spec.delivery.backoffDelay: PT0.25S counts as 200 ms: Knative keeps one decimal'
    ],
    [
      'delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }, consumers: 0',
      'spec.consumers: 0 consumers: Knative says READY True and delivers nothing'
    ],
    ['delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }', undefined]
  ] as const)('%s', async ([more, expected]) => {
    const { text, plan } = await load({ 'source.yaml': source(`${complete}${more === '' ? '' : `, ${more}`}`) })
    expect(plan).toBeDefined()
    expect(text).toBe(expected === undefined ? '' : `source.yaml:1 warning ${expected}`)
  })

  test('two sources in one consumer group share its events', async () => {
    const spec = `${complete}, delivery: { retry: 3, deadLetterSink: { uri: http://example.com } }`
    const { text } = await load({ 'a.yaml': source(spec, 'a'), 'b.yaml': source(spec, 'b') })
    expect(text).toBe(
      'b.yaml:1 warning spec.consumerGroup: KafkaSource a has the consumer group "orders" too: each of the two gets only a part of the events. Give each its own'
    )
  })

  test('a misspelt annotation of a Service is ignored by Knative', async () => {
    const { text } = await load({
      'service.yaml': service('orders', 'metadata: { annotations: { autoscaling.knative.dev/minscale: "1" } },')
    })
    expect(text).toContain(
      'Knative does not know this annotation and ignores it; did you mean autoscaling.knative.dev/min-scale?'
    )
  })
})
