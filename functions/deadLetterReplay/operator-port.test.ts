// Who reaches what: in production the port of deliveries is open to the cluster's gateway, and that of operators to nobody but
// the pod itself.
import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
import { freePort } from '../../infra/knative-local/testing.ts'
import { eventually, startFunction } from '../../infra/test/function-process.ts'
import { studentEvent } from '../../infra/test/student-event.ts'

const json = { 'content-type': 'application/json' }
const operations: [method: string, path: string, body?: object][] = [
  ['GET', '/'],
  ['GET', '/?state=open'],
  ['GET', '/groups'],
  ['GET', '/jobs'],
  ['GET', '/0191c9d6-0000-7000-8000-000000000000'],
  ['POST', '/', {}],
  ['POST', '/', { dryRun: true }],
  ['POST', '/0191c9d6-0000-7000-8000-000000000000/discard', { reason: 'of a stranger' }],
  ['POST', '/0191c9d6-0000-7000-8000-000000000000/resend', { reason: 'of a stranger', data: {} }],
  ['POST', '/jobs/0191c9d6-0000-7000-8000-000000000000/abort', {}]
]

test('with a port for operators, the other one takes deliveries and does nothing that a person asks for', async () => {
  const { deliveries, operators } = await startWithBothPorts()
  for (const [method, path, body] of operations) {
    const refused = await ask(deliveries, method, path, body)
    expect([400, 404, 405], `${method} ${path}`).toContain(refused.status)
    expect(refused.body, `${method} ${path}`).toMatchObject({
      type: expect.stringMatching(/^urn:problem:(?!internal)/)
    })
  }
  const { attributes, data } = studentEvent({ version: 1 })
  const letter = {
    ...attributes,
    function: 'onStudentCreate',
    knativeerrorcode: '422',
    data_base64: data.toString('base64')
  }
  const delivered = await fetch(`${deliveries}/dead-letters`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(letter)
  })
  expect(delivered.status).toBe(204)
  expect(await ask(operators, 'GET', '/')).toMatchObject({
    status: 200,
    body: { deadLetters: [{ reason: 'status-422' }] }
  })
  expect(await ask(operators, 'POST', '/', { dryRun: true })).toMatchObject({ status: 200, body: { count: 1 } })
})

test('the port for operators takes no delivery, and no request from outside of the pod', async () => {
  const { operators } = await startWithBothPorts()
  for (const path of ['/dead-letters', '/users']) {
    expect([404, 405]).toContain((await ask(operators, 'POST', path, {})).status)
  }
  // Another address of the same machine is as far away as another pod.
  await expect(fetch(operators.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed')
})

async function startWithBothPorts() {
  const { url } = await testDatabase()
  const operatorPort = await freePort()
  const { url: deliveries } = await startFunction('deadLetterReplay', {
    HOST: '0.0.0.0',
    DATABASE_URL: url,
    FUNCTION_URLS: 'onStudentCreate=http://127.0.0.1:9',
    OPERATOR_PORT: String(operatorPort)
  })
  const operators = `http://127.0.0.1:${operatorPort}`
  await eventually('the port for operators', () =>
    fetch(operators).then(
      ({ ok }) => ok,
      () => false
    )
  )
  return { deliveries, operators }
}

async function ask(base: string, method: string, path: string, body?: object) {
  const response = await fetch(base + path, { method, ...(body ? { headers: json, body: JSON.stringify(body) } : {}) })
  return { status: response.status, body: await response.json() }
}
