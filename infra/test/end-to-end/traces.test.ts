// One trace from the first request to the last effect, on the real stack.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openTraces, type Span } from '../../knative-local/traces.ts'
import { until } from '../../knative-local/testing.ts'
import { newUserId } from './students.ts'

test('a command by the Broker, its event, its dead letter and the replay of that are one trace', async () => {
  const traceId = randomBytes(16).toString('hex')
  const caller = randomBytes(8).toString('hex')
  const userId = newUserId()
  const { ingress, postgres } = inject('endpoints')
  const sent = await fetch(`${ingress.url}/students/default`, {
    method: 'POST',
    headers: {
      traceparent: `00-${traceId}-${caller}-01`,
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': `trace-${traceId}`,
      'ce-source': '/test',
      'ce-type': 'school.student.v1.CreateStudent'
    },
    body: JSON.stringify({ userId, name: 'Ada Lovelace', email: 'ada@example.com' })
  })
  expect(sent.status).toBe(202)
  await spanOf(traceId, ({ service, name }) => service === 'dead-letter-replay' && name.startsWith('process'))
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('insert into users (id, name, email) values ($1, $1, $2)', [userId, 'ada@example.com'])
  await client.end()
  await spanOf(traceId, isEffect)
  // The attempt that carried the last effect ends after it.
  const replay = await spanOf(traceId, ({ name }) => name === 'replay to onStudentCreate')
  // Each process sends its spans in its own time: a later one may be here before an earlier one.
  const steps = () =>
    spansOf(traceId)
      .filter(({ kind }) => kind !== 'internal' && kind !== 'client')
      .map(({ name }) => name)
  await expect
    .poll(steps, { timeout: 30_000 })
    .toEqual(
      expect.arrayContaining([
        'send knative-broker-students-default',
        'process school.student.v1.CreateStudent',
        'create student_create',
        'send student_create',
        'process student_create',
        'send student_dead_letter'
      ])
    )
  // Nothing hangs in the air: everything leads back to the caller.
  await expect
    .poll(() => rootsOf(spansOf(traceId)), { timeout: 30_000 })
    .toEqual([[caller, 'send knative-broker-students-default']])
  const spans = spansOf(traceId)

  // It is linked to the attempt that wrote the letter.
  const [link] = replay.links
  const linked = spans.find(({ spanId }) => spanId === link?.spanId)
  expect(replay.failed).toBe(false)
  expect([link?.traceId, linked?.attributes['dead_letter.id']]).toEqual([traceId, replay.attributes['dead_letter.id']])
  expect(spans.find(isEffect)?.parentId).toBe(replay.spanId)
  const failed = spans.filter(
    ({ service, attributes }) => service === 'on-student-create' && 'delivery.reason' in attributes
  )
  expect(failed.map(({ attributes }) => attributes['delivery.reason'])).toContain('user-not-found')

  const attempt = spans.find(one => one.name === 'deliver student_create' && one.failed)
  expect(attempt?.attributes).toMatchObject({
    'messaging.destination.name': 'student_create',
    'messaging.destination.partition.id': expect.stringMatching(/^\d$/),
    'kafka.offset': expect.any(Number),
    'messaging.consumer.group.name': 'on-student-create',
    'cloudevents.event_type': 'school.student.v1.StudentCreated',
    'http.response.status_code': 422
  })
})

/** Those whose parent is not among them, with it. */
function rootsOf(spans: readonly Span[]): [string | undefined, string][] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return spans
    .filter(({ parentId }) => parentId === undefined || !ids.has(parentId))
    .map(({ parentId, name }) => [parentId, name])
}

/** What the first attempt had failed to do. */
const isEffect = ({ service, attributes }: Span): boolean =>
  service === 'on-student-create' && attributes['delivery.outcome'] === 'applied'

async function spanOf(traceId: string, isIt: (span: Span) => boolean): Promise<Span> {
  let found: Span | undefined
  await until('a span', 30_000, async () => {
    found = spansOf(traceId).find(isIt)
    return found !== undefined
  })
  return found as Span
}

function spansOf(traceId: string): readonly Span[] {
  const traces = openTraces(inject('stateDirectory'))
  const spans = traces?.trace(traceId)?.spans ?? []
  traces?.close()
  return spans
}
