import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { assignPorts, checkPorts, portsPerStack } from './ports.ts'
import { maxServices } from './service-ports.ts'

test('all ports are different, and within the hundred of their stack', () => {
  const { brokers, firstService, firstInstance, ...single } = assignPorts(9_000)
  const ports = [
    ...Object.values(single),
    ...brokers.flatMap(({ port, controllerPort }) => [port, controllerPort]),
    ...Array.from({ length: maxServices }, (_, index) => firstService + index),
    firstInstance
  ]
  expect(new Set(ports).size).toBe(ports.length)
  expect(Math.min(...ports)).toBe(9_000)
  expect(Math.max(...ports)).toBeLessThan(9_000 + portsPerStack)
})

test('a port that is taken is named with its purpose, its holder and the way out', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(checkPorts(assignPorts(port), new Map())).rejects.toThrow(
    new RegExp(`Port ${port}, for the Broker ingress, is in use by .*\\(pid ${process.pid}\\)[\\s\\S]*--port-base`)
  )
})
