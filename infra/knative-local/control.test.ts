import { expect, onTestFinished, test } from 'vitest'
import { freePorts } from './testing/free-ports.ts'
import { actOnPart } from './cli/act-on-part.ts'
import { startControl } from './control.ts'
import type { PartProcess } from './stack/part-process.ts'

test('who reads the state folder acts on parts, and nobody else', async () => {
  const { control, killed } = await start()
  const kill = `${control.url}/parts/broker-1/kill`
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${control.token}x`,
    `Basic ${control.token}`,
    'Bearer \u00ff'
  ]) {
    const refused = await fetch(kill, { method: 'POST', headers: { authorization } })
    expect(refused.status, authorization).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  }
  expect(killed).toEqual([])
  await actOnPart({ control: { ...control, pid: 1 } }, 'broker-1', 'kill')
  expect(killed).toEqual(['broker-1'])
  await expect(actOnPart({ control: { ...control, pid: 1 } }, 'nope', 'kill')).rejects.toThrow('Unknown part')
})

test('the status is there for GET and HEAD', async () => {
  const { control } = await start()
  expect(await (await fetch(`${control.url}/status`)).json()).toMatchObject({
    healthy: true, // what ran before runs on
    refusedEdits: ['orders.yaml:3 error spec.topics: missing field']
  })
  expect((await fetch(`${control.url}/status`, { method: 'HEAD' })).status).toBe(200)
  const put = await fetch(`${control.url}/status`, { method: 'PUT' })
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

async function start() {
  const killed: string[] = []
  const part: PartProcess = {
    name: 'broker-1',
    address: '127.0.0.1:9092',
    pid: () => 1,
    isHealthy: async () => true,
    start: async () => undefined,
    stop: async () => undefined,
    kill: async () => void killed.push('broker-1'),
    signal: () => undefined
  }
  const [port = 0] = await freePorts(1)
  const control = await startControl(
    port,
    () => [part],
    () => ({ healthy: true, problems: [], refusedEdits: ['orders.yaml:3 error spec.topics: missing field'] }),
    () => undefined
  )
  onTestFinished(control.close)
  return { control, killed }
}
