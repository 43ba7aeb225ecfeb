import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkPorts } from './ports.ts'

test('a port that is taken is named with its purpose, its holder and the way out', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(checkPorts(new Map([[port, 'the Broker ingress']]))).rejects.toThrow(
    new RegExp(`Port ${port}, for the Broker ingress, is in use by .*\\(pid ${process.pid}\\)[\\s\\S]*--port-base`)
  )
})
