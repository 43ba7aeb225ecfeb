import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** Takes connections and never answers. */
export async function silentFunction() {
  let requests = 0
  const server = createServer(socket => {
    socket.on('error', () => undefined) // the data plane is killed
    socket.on('data', () => void requests++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
}
