import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { KafkaConnector } from '../../manifests/plan.ts'
import { createConnectors } from './connectors.ts'

test('a connector is put once for each edit of it, and one that has no YAML any more is removed', async () => {
  const { connectors, asked, reports } = await worker()
  await connectors.apply([connector('outbox'), connector('copies', { state: 'paused' })])
  expect(asked()).toEqual([
    'PUT /connectors/outbox/config {"server":"local","connector.class":"example.Source","tasks.max":"1"}',
    'PUT /connectors/outbox/resume',
    'PUT /connectors/copies/config {"server":"local","connector.class":"example.Source","tasks.max":"1"}',
    'PUT /connectors/copies/pause'
  ])
  expect(reports).toEqual([])
  await connectors.apply([connector('outbox', { tasksMax: 2 })])
  expect(asked()).toEqual([
    'PUT /connectors/outbox/config {"server":"local","connector.class":"example.Source","tasks.max":"2"}',
    'PUT /connectors/outbox/resume',
    'DELETE /connectors/copies'
  ])
  expect(reports).toEqual([
    'connector outbox runs with its new configuration',
    'connector copies is removed, as its YAML is'
  ])
  await connectors.apply([connector('outbox', { tasksMax: 2 })])
  expect(asked()).toEqual([])
})

test('a task that fails is restarted until it runs, which is said once', async () => {
  const { connectors, asked, reports } = await worker({ failures: 1 })
  await connectors.apply([connector('outbox')])
  expect(asked().at(-1)).toBe('POST /connectors/outbox/restart?includeTasks=true&onlyFailed=true')
  expect(reports).toEqual([
    'connector outbox failed and is restarted, again and again until it runs: Error: no replication slot is left'
  ])
  expect(await connectors.status()).toMatchObject([{ name: 'outbox', failure: { restarts: 1 } }])
})

/** A Connect worker whose tasks fail so many times before they run. */
async function worker({ failures = 0 } = {}) {
  let left = failures
  let requests: string[] = []
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    const { method, url = '' } = request
    if (method !== 'GET') requests.push(`${method} ${url} ${body}`.trim())
    const state = left > 0 ? 'FAILED' : 'RUNNING'
    if (method === 'POST') left -= 1
    const task = { id: 0, state, ...(state === 'FAILED' && { trace: 'java.lang.Error: no replication slot is left' }) }
    const status = { name: url.split('/')[2], connector: { state: 'RUNNING' }, tasks: [task] }
    response.end(method === 'GET' ? JSON.stringify(status) : '')
  })
  await new Promise<void>(fulfil => void server.listen(0, '127.0.0.1', fulfil))
  const { port } = server.address() as { port: number }
  const reports: string[] = []
  const connectors = createConnectors({
    address: { url: `http://127.0.0.1:${port}`, username: 'connect', password: 'x' },
    localise: async () => ({ server: 'local' }),
    report: sentence => void reports.push(sentence)
  })
  onTestFinished(() => {
    connectors.leave()
    server.close()
    server.closeAllConnections()
  })
  return {
    connectors,
    reports,
    /** Since the last time it was called, but for questions. */
    asked() {
      const since = requests
      requests = []
      return since
    }
  }
}

function connector(name: string, more: Partial<KafkaConnector> = {}): KafkaConnector {
  return {
    namespace: 'shop',
    name,
    className: 'example.Source',
    tasksMax: 1,
    config: { server: 'cluster' },
    state: 'running',
    origin: { file: 'a.yaml', line: 1 },
    ...more
  }
}
