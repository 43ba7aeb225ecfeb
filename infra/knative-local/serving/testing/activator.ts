// An activator on a free port, the servers behind it, and a client that writes bytes.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { freePort } from '../../testing/free-ports.ts'
import { type Activator, type Limits, startActivator } from '../activator.ts'

interface Running {
  readonly url: string
  readonly port: number
  readonly activator: Activator
}

/** No instance is behind it yet. */
export async function activatorWithout(limits: Partial<Limits>, wake: () => void = () => undefined): Promise<Running> {
  const port = await freePort()
  const activator = await startActivator({
    port,
    clusterName: 'one.default',
    containerConcurrency: 0,
    timeoutMs: 10_000,
    wake,
    ...limits
  })
  onTestFinished(() => activator.stop(0))
  return { url: `http://127.0.0.1:${port}`, port, activator }
}

/** A server is behind it. */
export async function activatorBefore(listener: RequestListener, limits: Partial<Limits> = {}): Promise<Running> {
  const running = await activatorWithout(limits)
  running.activator.setTarget(await listen(listener))
  return running
}

/** A server that ends with the test; its port. */
export async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** What the server writes until it closes the connection. */
export async function talk(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  return text(socket)
}
